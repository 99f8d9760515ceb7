"""Finds, by tag, the features that do not use the shared execution; the only place that names these tags."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gherkin.parser import Parser

from steps.paths import FEATURES

OWN_EXECUTION, OWN_COMMAND = "@own-execution", "@own-command"
"""Tags of features that deliver their own files, and of features that run their own commands."""
_LINE = "@checklist:"


def features(*tags: str) -> dict[Path, set[str]]:
    """Map each feature file that has one of these tags to the ids of the checklist lines that it answers."""
    found = {}
    for file in sorted(FEATURES.rglob("*.feature")):
        feature: Any = Parser().parse(file.read_text("utf-8"))["feature"]
        if set(tags) & set(_tags(feature)):
            of_scenarios = (tag for child in feature["children"] for tag in _tags(child.get("scenario", {})))
            told = [*_tags(feature), *of_scenarios]
            found[file] = {tag.removeprefix(_LINE) for tag in told if tag.startswith(_LINE)}
    return found


def _tags(block: dict[str, Any]) -> Iterator[str]:
    yield from (tag["name"] for tag in block.get("tags", ()))
