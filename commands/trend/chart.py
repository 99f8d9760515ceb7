"""A line chart over nights: converts values to SVG coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

WIDTH, HEIGHT = 460, 110
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 8, 10, 10


@dataclass(frozen=True)
class Point:
    """A night's value as a point with its tooltip; `flagged` is true if the value is unusual."""

    x: float
    y: float
    title: str
    flagged: bool


@dataclass(frozen=True)
class Chart:
    """Points in a box of WIDTH by HEIGHT, the lines between neighbours, y-axis ticks and the last value."""

    points: Sequence[Point]
    lines: Sequence[str]
    ticks: Sequence[tuple[float, str]]
    last: str


def chart(values: Sequence[float | None], titles: Sequence[str], flagged: Sequence[bool], unit: str = "") -> Chart:
    """Chart values in equal steps, oldest first; None leaves a gap. Without a unit the values are counts."""
    top = round_up(max([value for value in values if value is not None] + ([] if unit else [2]), default=0))
    height = HEIGHT - _TOP - _BOTTOM

    def y(value: float) -> float:
        return round(_TOP + height * (1 - value / top), 1)

    placed = [
        None
        if value is None
        else Point(find_x(number, len(values)), y(value), f"{title} · {_shown(value, unit)}", flag)
        for number, (value, title, flag) in enumerate(zip(values, titles, flagged, strict=True))
    ]
    known = [value for value in values if value is not None]
    return Chart(
        points=[point for point in placed if point],
        lines=_lines(placed),
        ticks=[(y(value), _shown(value, unit)) for value in (0, top / 2, top)],
        last=_shown(known[-1], unit) if known else "–",
    )


def find_x(number: int, count: int) -> float:
    """The x coordinate of night `number` (from 0) of `count`; a single night is in the middle."""
    width = WIDTH - _LEFT - _RIGHT
    return round(_LEFT + width * (number + 0.5) / count, 1)


def round_up(value: float) -> float:
    """The smallest of 1, 2, 4, 5, 8 or 10 times a power of ten that is at least `value`."""
    if value <= 0:
        return 1
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 2, 4, 5, 8, 10) if step * power >= value * 0.9999)


def _lines(placed: Sequence[Point | None]) -> list[str]:
    runs: list[list[Point]] = [[]]
    for point in placed:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [" ".join(f"{point.x},{point.y}" for point in run) for run in runs if len(run) > 1]


def _shown(value: float, unit: str) -> str:
    return f"{value:.0f} {unit}".strip() if value >= 1000 else f"{value:.3g} {unit}".strip()
