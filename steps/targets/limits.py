"""What emulators of AWS cannot do: data, so that nothing is left out by surprise."""

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
"""Where an emulator tells of itself; ministack answers to LocalStack's address, too."""
_EDITIONS = ("localstack",)
"""Emulators that can do more or less by the edition that they say they are."""
_open = build_opener(ProxyHandler({})).open  # no proxy leads to an emulator, whatever the user's environment says


class Emulator(NamedTuple):
    """An emulator by its name in limits.toml, and its version."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Limits:
    """What an emulator cannot do, and how to deploy to it all the same.

    tried: the version that this was found on.
    items: why an item of the checklist cannot be answered, by the item's id.
    leaves_out: the CloudFormation types that it does not have.
    applies_layers: whether its functions find their layers' contents.
    own_runtimes: whether its functions run in the Runtime that they declare, instead of this machine's Python.
    """

    tried: str = ""
    items: Mapping[str, str] = field(default_factory=dict)
    leaves_out: frozenset[str] = frozenset()
    applies_layers: bool = True
    own_runtimes: bool = False


def emulator(url: str) -> Emulator | None:
    """Which emulator answers at `url`; None when it is not one whose limits are known."""
    for name, path in _HEALTH.items():
        try:
            with _open(url.rstrip("/") + path, timeout=5) as answer:
                told = json.load(answer)
                return Emulator(f"{name}-{told['edition']}" if name in _EDITIONS else name, str(told["version"]))
        except (URLError, ValueError, LookupError, TypeError):
            continue
    return None


def of(emulator: Emulator | None, file: Path = FILE) -> Limits:
    """The limits of that emulator; none are known of a stranger."""
    return read(file).get(emulator.name, Limits()) if emulator else Limits()


def read(file: Path = FILE) -> dict[str, Limits]:
    """The limits of each emulator by its name; raises TypeError where one has a property that there is not."""
    return {name: _limits(entry) for name, entry in tomllib.loads(file.read_text("utf-8")).items()}


def _limits(entry: dict[str, Any]) -> Limits:
    items = {item: limit["reason"] for limit in entry.pop("limit", []) for item in limit["items"]}
    return Limits(items=items, leaves_out=frozenset(entry.pop("leaves_out", [])), **entry)
