"""AWS and the pipeline's names, by the environment that the acceptance gives a seam."""

from __future__ import annotations

import json
import re
from typing import Any

import boto3

from steps.drivers.names import Names


def aws(service: str) -> Any:
    """A client of that service."""
    return boto3.client(service)  # type: ignore[call-overload]


def names() -> Names:
    return Names(aws("sts").get_caller_identity()["Account"])


def filled(arguments: str) -> dict[str, Any]:
    """Arguments given as JSON, with fields of Names in <angle brackets> filled in, such as <bucket> and <rule>."""
    known = names()
    return dict(json.loads(re.sub(r"<(\w+)>", lambda field: str(getattr(known, field[1])), arguments)))


def call(service: str, operation: str, arguments: str) -> None:
    """Calls AWS, as boto3 names the operation."""
    getattr(aws(service), operation)(**filled(arguments))
