"""Looks up the values that a template takes from Parameter Store, Secrets Manager and exports of other stacks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from steps.cloudformation.declared import Clients

_REFERENCE = re.compile(r"\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]+)\}\}")
_SECRET = re.compile(r"(?P<id>arn:(?:[^:]*:){5}[^:]*|[^:]*)(?::(?P<rest>.*))?")

LookUp = Callable[[str, str], str]
"""(service of a dynamic reference, such as ssm; the rest of the reference) -> the value."""


def dereference(node: Any, look_up: LookUp) -> Any:
    """`node` with each {{resolve:...}} in it replaced."""
    if isinstance(node, dict):
        return {name: dereference(value, look_up) for name, value in node.items()}
    if isinstance(node, list):
        return [dereference(each, look_up) for each in node]
    return _REFERENCE.sub(lambda match: look_up(match[1], match[2]), node) if isinstance(node, str) else node


def fetch(aws: Clients, service: str, reference: str) -> str:
    """The value that a dynamic reference of the service `ssm`, `ssm-secure` or `secretsmanager` names.

    Raises ClientError if AWS refuses it, or ValueError or LookupError if a secret has no such key.
    """
    if service != "secretsmanager":
        return str(aws("ssm").get_parameter(Name=reference, WithDecryption=True)["Parameter"]["Value"])
    known = _SECRET.fullmatch(reference)
    _, key, stage, version = [*(known["rest"] or "").split(":"), "", "", "", ""][:4] if known else [""] * 4
    asked = {"SecretId": known["id"] if known else reference, "VersionStage": stage, "VersionId": version}
    value = aws("secretsmanager").get_secret_value(**{name: each for name, each in asked.items() if each})
    return str(json.loads(value["SecretString"])[key]) if key else str(value["SecretString"])


def exported(aws: Clients, name: str) -> str:
    """The value of an export of any stack. Raises LookupError if there is none, or ClientError."""
    pages = aws("cloudformation").get_paginator("list_exports").paginate()
    values = {each["Name"]: str(each["Value"]) for page in pages for each in page["Exports"]}
    return values[name]
