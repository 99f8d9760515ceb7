"""Draws the timeline of an execution: a bar for each try of each task, and the number of chunks running at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from steps.drivers.execution_history import Task, peak
from steps.results.pictures.svg import BAD, FAINT, GOOD, LINE, OTHER, UNUSUAL, box, line, picture, text

_LEFT, _WIDE, _RIGHT = 190, 620, 110
_TOP, _ROW, _STAIRS = 66, 22, 78
_ROWS = 60
"""The most tries with rows of full height; with more, as of 200 chunks, rows are thinner and may lack labels."""
_READABLE = 12
_SECONDS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900)
Across = Callable[[datetime], float]


def timeline(tasks: Sequence[Task], started: datetime, ended: datetime, *, most: int) -> str:
    """Return an SVG of an execution's tasks; `most` is the limit of chunks running at once."""
    seconds = max((ended - started).total_seconds(), 0.001)
    row = _ROW if len(tasks) <= _ROWS else max(3.0, _ROW * _ROWS / len(tasks))
    floor = _TOP + row * len(tasks)
    chunks = [task for task in tasks if task.in_map]
    title = f"{len(chunks)} tries of chunks, at most {_at_once(chunks)} at once; the execution took {seconds:.2f} s"

    def across(moment: datetime) -> float:
        return _LEFT + _WIDE * (moment - started).total_seconds() / seconds

    shapes = [
        *_grid(seconds, floor + _STAIRS + 30),
        *(shape for n, task in enumerate(tasks) for shape in _bar(task, across, ended, _TOP + n * row, row)),
        *_stairs(chunks, across, floor + _STAIRS + 20, ended, most),
    ]
    return picture(_LEFT + _WIDE + _RIGHT, floor + _STAIRS + 46, title, shapes)


def _at_once(tasks: Sequence[Task]) -> int:
    return peak((task.started, task.ended) for task in tasks)


def _grid(seconds: float, floor: float) -> Iterator[str]:
    """Yield a vertical line at each round number of seconds."""
    step = next((each for each in _SECONDS if seconds / each <= 10), _SECONDS[-1])
    for n in range(int(seconds / step) + 1):
        x = _LEFT + _WIDE * n * step / seconds
        yield line(x, _TOP - 8, x, floor)
        yield text(x, _TOP - 13, f"{n * step:g} s", size=10, ink=FAINT, anchor="middle")


def _bar(task: Task, across: Across, ended: datetime, y: float, row: float) -> Iterator[str]:
    good = task.outcome.endswith("Succeeded")
    fill = UNUSUAL if task.ended is None else BAD if not good else GOOD if task.in_map else OTHER
    left, right = across(task.started), across(task.ended or ended)
    took = f"{(task.ended - task.started).total_seconds():.2f} s" if task.ended else "unfinished"
    gap = row / 10
    says = f"{task.state}: {took}, {task.error or task.outcome}"
    yield box(left, y + gap, max(right - left, 2), row - 2 * gap, fill=fill, round=row / 6, says=says)
    if row >= _READABLE:
        yield text(_LEFT - 10, y + row * 0.68, task.state, size=11, anchor="end")
        yield text(right + 6, y + row * 0.68, task.error or took, size=10, ink=FAINT if good else BAD)


def _stairs(tasks: Sequence[Task], across: Across, base: float, ended: datetime, most: int) -> Iterator[str]:
    """Yield the number of chunks running at once over time, and a line at its limit."""
    changes = sorted([(task.started, 1) for task in tasks] + [(task.ended or ended, -1) for task in tasks])
    unit = (_STAIRS - 20) / max(most, _at_once(tasks))
    level, path = 0, [f"M{_LEFT} {base:.1f}"]
    for moment, change in changes:
        path.append(f"L{across(moment):.1f} {base - level * unit:.1f}")
        level += change
        path.append(f"L{across(moment):.1f} {base - level * unit:.1f}")
    limit = base - most * unit
    yield f'<path d="{" ".join(path)} Z" fill="{GOOD}" fill-opacity="0.25" stroke="{GOOD}"/>'
    yield text(_LEFT - 10, base - 4, "chunks at once", size=11, anchor="end")
    yield line(_LEFT, base, _LEFT + _WIDE, base, ink=LINE)
    yield line(_LEFT, limit, _LEFT + _WIDE, limit, ink=BAD, dashed=True)
    yield text(_LEFT + _WIDE + 6, limit + 4, f"limit: {most}", size=10, ink=BAD)
