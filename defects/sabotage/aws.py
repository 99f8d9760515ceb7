"""AWS clients and the pipeline's names, from the environment that the acceptance sets for a command."""

from __future__ import annotations

import json
import re
from typing import Any

import boto3

from steps.drivers.names import Names


def aws(service: str) -> Any:
    """Return a client for this service."""
    return boto3.client(service)  # type: ignore[call-overload]


def names() -> Names:
    return Names(aws("sts").get_caller_identity()["Account"])


def filled(arguments: str) -> dict[str, Any]:
    """Parse arguments given as JSON, after replacing fields of Names in angle brackets, such as <bucket> and <rule>."""
    known = names()
    return dict(json.loads(re.sub(r"<(\w+)>", lambda field: str(getattr(known, field[1])), arguments)))


def call(service: str, operation: str, arguments: str) -> None:
    """Call an operation of AWS by its boto3 name."""
    getattr(aws(service), operation)(**filled(arguments))
