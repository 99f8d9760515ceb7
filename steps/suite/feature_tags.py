"""Finds the features that do not use the shared execution by their tag."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gherkin.parser import Parser

from steps.paths import FEATURES

OWN_EXECUTION = "@own-execution"
"""The tag of features that deliver their own files."""


def find_features(tag: str) -> list[Path]:
    """Return the feature files that have this tag."""

    def has_tag(file: Path) -> bool:
        feature: Any = Parser().parse(file.read_text("utf-8"))["feature"]
        return any(each["name"] == tag for each in feature["tags"])

    return sorted(filter(has_tag, FEATURES.rglob("*.feature")))
