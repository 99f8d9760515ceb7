"""CloudFormation's properties as the arguments of an API call."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from steps.cloudformation.declared import Properties


@dataclass(frozen=True)
class Made:
    """A resource that exists: what Ref answers, and what Fn::GetAtt answers by attribute name."""

    ref: str
    attributes: Properties = field(default_factory=dict)


def call(client: Any, operation: str, arguments: Properties) -> Properties:
    """The answer of `operation`, with each of `arguments` in the type that the API's model gives it.

    CloudFormation lets numbers be text, and takes an object where the API wants its JSON. An argument that the API does
    not know is refused by botocore, so that nothing declared is dropped: raises BotoCoreError or ClientError.
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
    """`node` with the first letter of each key in lower case, as Step Functions and CloudWatch Logs have it."""
    if isinstance(node, dict):
        return {name[0].lower() + name[1:]: lower_camel(value) for name, value in node.items()}
    return [lower_camel(each) for each in node] if isinstance(node, list) else node


def without(properties: Properties, *names: str) -> Properties:
    """All `properties` but those of these names."""
    return {name: value for name, value in properties.items() if name not in names}


def given(properties: Properties, *names: str) -> Properties:
    """Those of `properties` that have these names."""
    return {name: properties[name] for name in names if name in properties}


def tags_by_key(properties: Properties) -> dict[str, str]:
    """Tags in the form that Lambda and CloudWatch Logs want."""
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
