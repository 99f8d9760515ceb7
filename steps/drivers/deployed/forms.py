"""The services' own forms of documents, names and tags, in CloudFormation's form."""

from __future__ import annotations

import json
from typing import Any

from steps.drivers.deployed.declared import Properties


def parsed(text: Any) -> Any:
    """A JSON document out of its text; anything else as it is."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def upper_camel(node: Any) -> Any:
    """`node` with each key's first letter in upper case, from services that have it in lower case."""
    if isinstance(node, dict):
        return {name[0].upper() + name[1:]: upper_camel(value) for name, value in node.items()}
    return [upper_camel(each) for each in node] if isinstance(node, list) else node


def tags(by_key: dict[str, str]) -> list[Properties]:
    """Tags as CloudFormation has them, from services that give them by key."""
    return [{"Key": key, "Value": value} for key, value in by_key.items()]
