"""The trend as one self-contained HTML file in both languages: SVG charts, no scripts, no requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from commands.trend.chart import HEIGHT, WIDTH, Chart, chart
from steps.reporting.nights import Entry
from steps.reporting.texts import TEXTS
from steps.suite.visible_text import visible


@dataclass(frozen=True)
class Night:
    """One session as shown on the page."""

    entry: Entry

    @property
    def when(self) -> str:
        """The start of the session, to the minute, in UTC."""
        return f"{self.entry.date[:10]} {self.entry.date[11:16]}"

    @property
    def mark(self) -> str:
        return self.entry.verdict if self.entry.verdict in TEXTS.verdict else "UNKNOWN"

    @property
    def whole(self) -> int:
        """The number of lines in scope."""
        return self.entry.passed + self.entry.failed + self.entry.broken + self.entry.unchecked


@dataclass(frozen=True)
class Trend:
    """The nights of one target, oldest first, and (text, address) of further pages about it."""

    target: str
    nights: Sequence[Night]
    links: Sequence[tuple[str, str]]

    def charts(self) -> list[tuple[str, Chart]]:
        """(label's key, chart) for each metric."""
        entries = [night.entry for night in self.nights]
        titles = [night.when for night in self.nights]
        slow = (
            ["session_seconds" in each.slow for each in entries],
            ["execution_seconds" in each.slow for each in entries],
        )
        return [
            ("session", chart([each.session_seconds for each in entries], titles, slow[0], "s")),
            ("execution", chart([each.execution_seconds for each in entries], titles, slow[1], "s")),
            ("throughput", chart([each.records_per_second for each in entries], titles, slow[1], "/s")),
            ("flakes", chart([len(each.flaky) for each in entries], titles, [bool(each.flaky) for each in entries])),
        ]


def _visible(value: Any) -> Any:
    """Make a template's text values visible; Markup, a subclass of str, was made from values already visible."""
    return visible(value) if type(value) is str else value


def html(trends: Sequence[Trend]) -> str:
    """Render the page; everything from the history is escaped."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return templates.get_template("page.html.jinja").render(
        trends=trends, L=TEXTS.trend, VERDICT=TEXTS.verdict, box=(WIDTH, HEIGHT)
    )
