"""What a template declares, with placeholders for the ids that AWS alone knows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Properties = dict[str, Any]
"""A resource's properties by CloudFormation's names."""

Clients = Callable[[str], Any]
"""A boto3 client by the service's name."""


@dataclass(frozen=True)
class Declared:
    """A resource as a template declares it: its CloudFormation type, resolved properties, and what Ref answers."""

    kind: str
    properties: Properties = field(repr=False)  # passwords among them
    ref: str


_UNKNOWN = re.compile("⟨[^⟩]*⟩")


def unknown(what: str) -> str:
    """A placeholder for a text that is not known; it may be part of a longer text, whose shape it leaves visible."""
    return f"⟨{what}⟩"


def is_unknown(value: Any) -> bool:
    """Whether nothing at all is known of `value`."""
    return isinstance(value, str) and _UNKNOWN.fullmatch(value) is not None


def has_unknown(value: Any) -> bool:
    """Whether `value`, however deep it is nested, holds a placeholder."""
    return _UNKNOWN.search(str(value)) is not None


def fits(text: str, declared: str) -> bool:
    """Whether `text` is `declared`, where each placeholder stands for anything but nothing."""
    shape = ".+".join(re.escape(part) for part in _UNKNOWN.split(declared))
    return re.fullmatch(shape, text, re.DOTALL) is not None
