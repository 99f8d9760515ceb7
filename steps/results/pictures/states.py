"""Draws an execution's path through its state machine: the happy path, and states entered off it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from steps.drivers.execution_history import Task, tasks
from steps.results.happy_path import happy_path
from steps.results.pictures.svg import BAD, FAINT, GOOD, INK, LINE, UNUSUAL, arrow, box, line, picture, text

_TOP, _STEP, _HIGH = 58, 58, 40
_PATH, _OFF, _WIDE = 40, 420, 320
_INSET = 26
_PALE = {GOOD: "#e8f5ee", BAD: "#fdecea", UNUSUAL: "#fff4e0", LINE: "#f9fafb"}


@dataclass(frozen=True)
class _Visit:
    """The visits to a state: how often it was entered, its colour, and a label with duration, retries, error."""

    name: str
    times: int
    colour: str
    words: str


def states(definition: Mapping[str, Any], history: Sequence[dict[str, Any]], outcome: str) -> str:
    """Return an SVG titled `outcome`: green succeeded, red failed, amber needed retries, dashed was not reached."""
    path = happy_path(dict(definition))
    entered = [e["stateEnteredEventDetails"]["name"] for e in history if "stateEnteredEventDetails" in e]
    off = [name for name in dict.fromkeys(entered) if name not in path]
    tries = tasks(history)
    inner = [name for name in path if name not in definition["States"]]
    visits = {name: _visit(name, history, [task for task in tries if task.state == name]) for name in [*path, *off]}
    for name, state in definition["States"].items():
        if state["Type"] == "Map" and name in visits and any(e["type"] == "MapStateFailed" for e in history):
            visits[name] = replace(visits[name], colour=BAD)
    shapes = [*_column(path, inner, visits), *_aside(off, path, visits, entered)]
    width = _OFF + _WIDE + _PATH if off else _PATH * 2 + _WIDE
    return picture(max(width, 24 + 8.5 * len(outcome)), _TOP + _STEP * len(path) + 6, outcome, shapes)


def _visit(name: str, history: Sequence[dict[str, Any]], tries: Sequence[Task]) -> _Visit:
    begins = [e["timestamp"] for e in history if e.get("stateEnteredEventDetails", {}).get("name") == name]
    ends = [e["timestamp"] for e in history if e.get("stateExitedEventDetails", {}).get("name") == name]
    if not begins:
        return _Visit(name, 0, LINE, "not reached")
    errors = [task.error for task in tries if task.error]
    well = sum(task.outcome.endswith("Succeeded") for task in tries)
    failed = len(ends) < len(begins) or (bool(tries) and well < len(begins))
    words = [
        f"{len(begins)} times" if len(begins) > 1 else "",
        f"{(max(ends) - min(begins)).total_seconds():.2f} s" if ends else "",
        f"{len(tries) - len(begins)} more tries" if len(tries) > len(begins) else "",
        errors[-1] if errors else "",
    ]
    return _Visit(name, len(begins), BAD if failed else UNUSUAL if errors else GOOD, ", ".join(filter(None, words)))


def _column(path: Sequence[str], inner: Sequence[str], visits: Mapping[str, _Visit]) -> Iterator[str]:
    """Yield the happy path from top to bottom, a Map's inner states indented under it."""
    for n, name in enumerate(path):
        inset = _INSET if name in inner else 0
        y = _TOP + n * _STEP
        if n:
            reached = visits[name].times
            yield arrow(_PATH + _INSET + 14, y - _STEP + _HIGH, y, ink=FAINT if reached else LINE)
        yield from _state(visits[name], _PATH + inset, y, _WIDE - inset)


def _aside(
    off: Sequence[str], path: Sequence[str], visits: Mapping[str, _Visit], entered: Sequence[str]
) -> Iterator[str]:
    """Yield the other states beside the happy path, level with its last state entered before them."""
    place = 0
    for n, name in enumerate(off):
        before = [path.index(each) for each in entered[: entered.index(name)] if each in path]
        place = max(before[-1] if before else 0, place + 1 if n else 0)
        y = _TOP + place * _STEP
        if n:
            yield arrow(_OFF + 40, y - _STEP + _HIGH, y, ink=BAD)
        else:
            yield line(_PATH + _WIDE, y + _HIGH / 2, _OFF, y + _HIGH / 2, ink=BAD, dashed=True, wide=1.5)
        yield from _state(visits[name], _OFF, y, _WIDE)


def _state(visit: _Visit, x: float, y: float, width: float) -> Iterator[str]:
    reached = visit.times > 0
    yield box(x, y, width, _HIGH, fill=_PALE[visit.colour], line=visit.colour, dashed=not reached, says=visit.words)
    if reached:
        yield box(x, y, 6, _HIGH, fill=visit.colour, round=3)
    yield text(x + 16, y + 17, visit.name, bold=reached, ink=INK if reached else FAINT)
    yield text(x + 16, y + 32, visit.words, size=10.5, ink=BAD if visit.colour == BAD else FAINT)
