"""Resources as declared in a template, with placeholders for ids that only AWS assigns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Properties = dict[str, Any]
"""A resource's properties by their CloudFormation names."""

Clients = Callable[[str], Any]
"""Returns the boto3 client of a service."""


@dataclass(frozen=True)
class Declared:
    """A resource as declared in a template: its CloudFormation type, resolved properties, and the value of Ref.

    policies: its DeletionPolicy and UpdateReplacePolicy, as far as they are declared.
    """

    kind: str
    properties: Properties = field(repr=False)  # passwords among them
    ref: str
    policies: Mapping[str, str] = field(default_factory=dict)


STORE_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
"""The attributes that say what becomes of a resource when its stack is deleted, or when it is replaced."""

_UNKNOWN = re.compile("⟨[^⟩]*⟩")


SECRET = "⟨secret⟩"
"""The placeholder of a value from Secrets Manager or of a SecureString, which is never looked up to be compared."""


def unknown(what: str) -> str:
    """A placeholder for an unknown text, which may be part of a longer, otherwise known text such as an ARN."""
    return f"⟨{what}⟩"


def is_unknown(value: Any) -> bool:
    """True if `value` is nothing but a placeholder."""
    return isinstance(value, str) and _UNKNOWN.fullmatch(value) is not None


def has_unknown(value: Any) -> bool:
    """True if `value` contains a placeholder at any depth."""
    return _UNKNOWN.search(str(value)) is not None


def fits(text: str, declared: str) -> bool:
    """True if `text` matches `declared`, where each placeholder matches any text that is not empty."""
    shape = ".+".join(re.escape(part) for part in _UNKNOWN.split(declared))
    return re.fullmatch(shape, text, re.DOTALL) is not None
