"""The marks by which -m selects a target."""

from __future__ import annotations

import re

import pytest

RELEASE = "release"
PARTS_OF_RELEASE = ("local", "robustness")
"""Marks of the scenarios that the mark RELEASE selects, too."""
TARGET_OF_MARK = {"local": "embedded", "aws-dev": "aws-dev", "robustness": "embedded", RELEASE: "embedded"}
WHOLE = ("local", "aws-dev", RELEASE)
"""Marks that select a whole acceptance session, which gives a verdict."""


def find_mark(config: pytest.Config) -> str | None:
    """Return which of `local`, `aws-dev`, `robustness` and `release` -m names; None if it names none or several."""
    return find_mark_in(config.option.markexpr)


def find_mark_in(expression: str) -> str | None:
    """Return which of these marks an expression of -m names."""
    named = set(re.findall(r"[\w-]+", expression)) & TARGET_OF_MARK.keys()
    return named.pop() if len(named) == 1 else None
