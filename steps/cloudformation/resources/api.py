"""Converts CloudFormation properties to the arguments of API calls."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from steps.cloudformation.declared import Properties


@dataclass(frozen=True)
class Made:
    """A created or named resource: the value of Ref, and those of Fn::GetAtt by attribute."""

    ref: str
    attributes: Properties = field(default_factory=dict)


def call(client: Any, operation: str, arguments: Properties) -> Properties:
    """Call `operation` with each of `arguments` converted to its type in the API's model. Return the response.

    CloudFormation accepts numbers as text, and objects where the API expects JSON text. botocore rejects an argument
    that the API does not know, so that nothing declared is dropped. Raises BotoCoreError or ClientError.
    """
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
    answer: Properties = getattr(client, operation)(**_typed(arguments, model.input_shape))
    return answer


def _typed(value: Any, shape: Any) -> Any:
    if shape.type_name == "structure" and isinstance(value, dict):
        known = shape.members
        return {name: _typed(each, known[name]) if name in known else each for name, each in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_typed(each, shape.member) for each in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: _typed(each, shape.value) for name, each in value.items()}
    convert = _SCALARS.get(shape.type_name)
    return convert(value) if convert else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


_SCALARS: dict[str, Any] = {
    "string": _text,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": lambda value: _text(value).lower() == "true",
}


def lower_camel(node: Any) -> Any:
    """`node` with the first letter of each key in lower case, as in Step Functions and CloudWatch Logs."""
    if isinstance(node, dict):
        return {name[0].lower() + name[1:]: lower_camel(value) for name, value in node.items()}
    return [lower_camel(each) for each in node] if isinstance(node, list) else node


def without(properties: Properties, *names: str) -> Properties:
    """`properties` without those with these names."""
    return {name: value for name, value in properties.items() if name not in names}


def given(properties: Properties, *names: str) -> Properties:
    """The subset of `properties` with these names."""
    return {name: properties[name] for name in names if name in properties}


def tags_by_key(properties: Properties) -> dict[str, str]:
    """Tags as a mapping, as Lambda and CloudWatch Logs expect them."""
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
