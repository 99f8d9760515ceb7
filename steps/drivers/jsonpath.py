"""JSONPaths that lead by names and indexes to one value, as rules and state machines name what they read."""

from __future__ import annotations

import re
from typing import Any

_STEP = re.compile(r"\.([\w-]+)|\['([^']+)'\]|\[\"([^\"]+)\"\]|\[(\d+)\]")


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
