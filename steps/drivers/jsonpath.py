"""JSONPaths of names and indexes to a single value, as used by EventBridge rules and state machines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_STEP = re.compile(r"\.([\w-]+)|\['([^']+)'\]|\[\"([^\"]+)\"\]|\[(\d+)\]")

_INPUT = r"(?<!\$)\$(?:(?:\$\.|states\.context\.)Execution\.Input|states\.input)?"
"""The start of a path in a state machine: the state's or the execution's input, in JSONPath or JSONata."""
_READ = re.compile(rf"{_INPUT}((?:{_STEP.pattern})+)")


def steps(path: str) -> tuple[str | int, ...]:
    """The names and indexes of a path such as `$.detail.object['version-id']`. Raises ValueError for other paths."""
    if not re.fullmatch(rf"\$(?:{_STEP.pattern})*", path):
        raise ValueError("is no path of names such as $.detail.object.key or $.object['version-id']")
    return tuple(int(index) if index else "".join(names) for *names, index in _STEP.findall(path))


def at(given: Any, path: str) -> Any:
    """The value at `path` in `given`; None if there is none."""
    for step in steps(path):
        try:
            given = given[step]
        except (KeyError, IndexError, TypeError):
            return None
    return given


def read_in(definition: Any) -> Iterator[tuple[str | int, ...]]:
    """The steps of each path into an input that occurs anywhere in a state machine's definition."""
    match definition:
        case str():
            yield from (steps(f"${found[1]}") for found in _READ.finditer(definition))
        case dict():
            yield from read_in([*definition.values()])
        case list():
            for part in definition:
                yield from read_in(part)


def leaves(given: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of names to each value that is not an object; nothing if `given` itself is not an object."""
    if isinstance(given, dict):
        for name, value in given.items():
            yield from leaves(value, (*way, name))
    elif way:
        yield way


def placed(given: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of `given` with `value` at `path`, which has names only; missing objects on the way are created."""
    *way, last = steps(path)
    copy = inner = dict(given)
    for step in map(str, way):
        deeper = dict(inner.get(step, {}))
        inner[step] = deeper
        inner = deeper
    inner[str(last)] = value
    return copy
