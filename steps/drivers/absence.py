"""AWS says by an error that something is not there; here that is an answer like any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

T = TypeVar("T")
_ABSENT = {
    "404",
    "DBClusterNotFoundFault",
    "NoSuchBucket",
    "NoSuchEntity",
    "NoSuchKey",
    "NoSuchVersion",
    "NoSuchPublicAccessBlockConfiguration",
    "ResourceNotFoundException",
    "StateMachineDoesNotExist",
}


def unless_absent(ask: Callable[[], T]) -> T | None:
    """What `ask` answers; None where AWS says that what it asks for does not exist."""
    try:
        return ask()
    except ClientError as refused:
        if refused.response["Error"]["Code"] in _ABSENT:
            return None
        raise
