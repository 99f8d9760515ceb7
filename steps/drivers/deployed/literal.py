"""Compares documents of which every word counts: a state machine's definition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from steps.drivers.deployed.difference import Difference, Path, difference


def literally(path: Path, want: Any, got: Any) -> Iterator[Difference]:
    """All differences between two JSON documents; order and types count, and null is not nothing."""
    if isinstance(want, dict) and isinstance(got, dict):
        yield from _members(path, want, got)
    elif isinstance(want, list) and isinstance(got, list):
        yield from _members(path, _by_index(want), _by_index(got))
    elif type(want) is not type(got) or want != got:
        yield difference(path, want, got)


def _members(path: Path, want: dict[str, Any], got: dict[str, Any]) -> Iterator[Difference]:
    for name in want | got:
        inside = (*path, name)
        if name in want and name in got:
            yield from literally(inside, want[name], got[name])
        else:
            yield difference(inside, want.get(name), got.get(name))


def _by_index(items: list[Any]) -> dict[str, Any]:
    return {f"[{index}]": each for index, each in enumerate(items)}
