"""Known limits of AWS emulators, read from limits.toml, so that every omission is documented."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

FILE = Path(__file__).with_name("limits.toml")
_HEALTH = {"ministack": "/_ministack/health", "localstack": "/_localstack/health"}
"""The health endpoint of each emulator; ministack also serves LocalStack's, so it comes first."""
_EDITIONS = ("localstack",)
"""Emulators whose limits depend on the edition that they report."""
_open = build_opener(ProxyHandler({})).open  # without a proxy, whatever the environment says


class Emulator(NamedTuple):
    """An emulator's name, as in limits.toml, and its version."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Limits:
    """The limits of an emulator, and how to deploy to it nevertheless.

    tried: the version on which the limits were found.
    items: why an item of the checklist cannot be answered, by the item's id.
    leaves_out: the CloudFormation types that it does not support.
    applies_layers: true if its functions find their layers' contents.
    own_runtimes: true if its functions run in their declared Runtime instead of this machine's Python.
    """

    tried: str = ""
    items: Mapping[str, str] = field(default_factory=dict)
    leaves_out: frozenset[str] = frozenset()
    applies_layers: bool = True
    own_runtimes: bool = False


def emulator(url: str) -> Emulator | None:
    """Identify the emulator at `url`; None if it is not one with known limits."""
    for name, path in _HEALTH.items():
        try:
            with _open(url.rstrip("/") + path, timeout=5) as answer:
                told = json.load(answer)
                return Emulator(f"{name}-{told['edition']}" if name in _EDITIONS else name, str(told["version"]))
        except (URLError, ValueError, LookupError, TypeError):
            continue
    return None


def of(emulator: Emulator | None, file: Path = FILE) -> Limits:
    """The limits of that emulator; no limits if it is unknown."""
    return read(file).get(emulator.name, Limits()) if emulator else Limits()


def read(file: Path = FILE) -> dict[str, Limits]:
    """Read the limits of each emulator, by its name. Raises TypeError for an unknown property."""
    return {name: _limits(entry) for name, entry in tomllib.loads(file.read_text("utf-8")).items()}


def _limits(entry: dict[str, Any]) -> Limits:
    items = {item: limit["reason"] for limit in entry.pop("limit", []) for item in limit["items"]}
    return Limits(items=items, leaves_out=frozenset(entry.pop("leaves_out", [])), **entry)
