"""JSONPaths that lead by names and indexes to one value, as rules and state machines name what they read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_STEP = re.compile(r"\.([\w-]+)|\['([^']+)'\]|\[\"([^\"]+)\"\]|\[(\d+)\]")

_INPUT = r"(?<!\$)\$(?:(?:\$\.|states\.context\.)Execution\.Input|states\.input)?"
"""The start of a path in a state machine: a state's input, or the execution's, in JSONPath or JSONata."""
_READ = re.compile(rf"{_INPUT}((?:{_STEP.pattern})+)")


def steps(path: str) -> tuple[str | int, ...]:
    """The names and indexes of a path such as `$.detail.object['version-id']`; raises ValueError for any other."""
    if not re.fullmatch(rf"\$(?:{_STEP.pattern})*", path):
        raise ValueError("is no path of names such as $.detail.object.key or $.object['version-id']")
    return tuple(int(index) if index else "".join(names) for *names, index in _STEP.findall(path))


def at(given: Any, path: str) -> Any:
    """The value that `path` leads to; None where there is none."""
    for step in steps(path):
        try:
            given = given[step]
        except (KeyError, IndexError, TypeError):
            return None
    return given


def read_in(definition: Any) -> Iterator[tuple[str | int, ...]]:
    """The steps of each path into an input that stands anywhere in a state machine's definition."""
    match definition:
        case str():
            yield from (steps(f"${found[1]}") for found in _READ.finditer(definition))
        case dict():
            yield from read_in([*definition.values()])
        case list():
            for part in definition:
                yield from read_in(part)


def leaves(given: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The names that lead to each value that is no object; none where `given` is none itself."""
    if isinstance(given, dict):
        for name, value in given.items():
            yield from leaves(value, (*way, name))
    elif way:
        yield way


def placed(given: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of `given` with `value` where `path`, of names alone, leads; what is missing on the way is made."""
    *way, last = steps(path)
    copy = inner = dict(given)
    for step in map(str, way):
        deeper = dict(inner.get(step, {}))
        inner[step] = deeper
        inner = deeper
    inner[str(last)] = value
    return copy
