"""What emulators of AWS cannot do, item by item: data, so that a line is never left out by surprise."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

FILE = Path(__file__).with_name("limits.toml")
_HEALTH = {"ministack": "/_ministack/health", "localstack": "/_localstack/health"}
"""Where an emulator tells of itself; ministack answers to LocalStack's address, too."""
_open = build_opener(ProxyHandler({})).open  # no proxy leads to an emulator, whatever the user's environment says


class Emulator(NamedTuple):
    """An emulator by its name in limits.toml, and its version."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def emulator(url: str) -> Emulator | None:
    """Which emulator answers at `url`; None when it is not one whose limits are known."""
    for name, path in _HEALTH.items():
        try:
            with _open(url.rstrip("/") + path, timeout=5) as answer:
                return Emulator(name, str(json.load(answer)["version"]))
        except (URLError, ValueError, LookupError, TypeError):
            continue
    return None


def read(file: Path = FILE) -> dict[str, Mapping[str, str]]:
    """For each emulator, why an item of the checklist cannot be answered on it, by the item's id."""
    return {
        name: {item: limit["reason"] for limit in emulator["limit"] for item in limit["items"]}
        for name, emulator in tomllib.loads(file.read_text("utf-8")).items()
    }


def tried(name: str, file: Path = FILE) -> str:
    """The version of the emulator that its limits were found on."""
    return str(tomllib.loads(file.read_text("utf-8"))[name]["tried"])
