"""The lines of the checklist, as the project keeps them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "features" / "checklist.toml"


@dataclass(frozen=True)
class Item:
    """One line: its stable id, its phase, and its words in Japanese and English."""

    id: str
    phase: str
    ja: str
    en: str


def read(file: Path = FILE) -> dict[str, Item]:
    """Every item by its id, in the checklist's order."""
    items = (Item(**entry) for entry in tomllib.loads(file.read_text("utf-8"))["item"])
    return {item.id: item for item in items}
