"""Notes what somebody may do to a deployed pipeline behind its templates' back, with the differences that it makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.steps.cloudformation.conftest import Pipeline

Change = Callable[[Pipeline], Any]
CHANGES: dict[str, tuple[Change, set[tuple[str, str]]]] = {}


def makes(*differences: tuple[str, str]) -> Callable[[Change], Change]:
    """The change makes a difference at each of these (resource, path)."""

    def note(change: Change) -> Change:
        CHANGES[change.__name__] = change, set(differences)
        return change

    return note
