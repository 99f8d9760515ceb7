"""Converts CloudFormation properties to the arguments of API calls, and their responses to CloudFormation's form."""

from __future__ import annotations

import json
from typing import Any

from steps.cloudformation.declared import Properties


def call(client: Any, operation: str, arguments: Properties) -> Properties:
    """Call `operation` with each of `arguments` converted to its type in the API's model. Return the response.

    CloudFormation accepts numbers as text, and objects where the API expects JSON text. botocore rejects an argument
    that the API does not know, so that nothing declared is dropped. Raises BotoCoreError or ClientError.
    """
    answer: Properties = getattr(client, operation)(**_convert(arguments, _model(client, operation).input_shape))
    return answer


def _convert(value: Any, shape: Any) -> Any:
    if shape.type_name == "structure" and isinstance(value, dict):
        known = shape.members
        return {name: _convert(each, known[name]) if name in known else each for name, each in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_convert(each, shape.member) for each in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: _convert(each, shape.value) for name, each in value.items()}
    convert = _SCALARS.get(shape.type_name)
    return convert(value) if convert else value


def _to_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


_SCALARS: dict[str, Any] = {
    "string": _to_text,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": lambda value: _to_text(value).lower() == "true",
}


def get(client: Any, operation: str, key: str | None = None, **arguments: Any) -> Properties:
    """Return the response of `operation`, or its member `key`, with None for each modelled member that it lacks.

    This distinguishes a property that is not set from one that the API does not return.
    """
    answer, shape = getattr(client, operation)(**arguments), _model(client, operation).output_shape
    filled: Properties = _fill(shape.members[key], answer[key]) if key else _fill(shape, answer)
    return filled


def get_all(client: Any, operation: str, key: str, **arguments: Any) -> list[Any]:
    """Return the list `key` over all pages of `operation`, each object completed as by `get`."""
    member = _model(client, operation).output_shape.members[key].member
    pages = client.get_paginator(operation).paginate(**arguments)
    return [_fill(member, item) for page in pages for item in page.get(key, ())]


def get_first(client: Any, operation: str, key: str, **arguments: Any) -> Properties:
    """Return the first object in the list `key`, as by `get_all`."""
    found: list[Properties] = get_all(client, operation, key, **arguments)
    return found[0]


def _model(client: Any, operation: str) -> Any:
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])


def _fill(shape: Any, item: Any) -> Any:
    return dict.fromkeys(shape.members) | item if shape.type_name == "structure" else item


def to_lower_camel(node: Any) -> Any:
    """`node` with the first letter of each key in lower case, as in Step Functions and CloudWatch Logs."""
    if isinstance(node, dict):
        return {name[0].lower() + name[1:]: to_lower_camel(value) for name, value in node.items()}
    return [to_lower_camel(each) for each in node] if isinstance(node, list) else node


def to_upper_camel(node: Any) -> Any:
    """`node` with the first letter of each key in upper case, as in CloudFormation."""
    if isinstance(node, dict):
        return {name[0].upper() + name[1:]: to_upper_camel(value) for name, value in node.items()}
    return [to_upper_camel(each) for each in node] if isinstance(node, list) else node


def omit(properties: Properties, *names: str) -> Properties:
    """`properties` without those with these names."""
    return {name: value for name, value in properties.items() if name not in names}


def pick(properties: Properties, *names: str) -> Properties:
    """The subset of `properties` with these names."""
    return {name: properties[name] for name in names if name in properties}


def rename(properties: Properties, **names: str) -> Properties:
    """`properties` with other names for some: `names` gives the new name by the old one."""
    return {names.get(name, name): value for name, value in properties.items()}


def map_tags(properties: Properties) -> dict[str, str]:
    """Tags as a mapping, as Lambda and CloudWatch Logs expect them."""
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}


def list_tags(by_key: dict[str, str]) -> list[Properties]:
    """Tags in CloudFormation's form, from services that return a mapping."""
    return [{"Key": key, "Value": value} for key, value in by_key.items()]


def parse(text: Any) -> Any:
    """Parse a JSON text; return anything else unchanged."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
