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
class Trend:
    """The nights of a target with a pipeline, oldest first, and (text, address) of further pages about it."""

    series: str
    nights: Sequence[Entry]
    links: Sequence[tuple[str, str]]

    def charts(self) -> list[tuple[str, Chart]]:
        """(label's key, chart) for each metric."""
        entries, titles = self.nights, [each.when for each in self.nights]
        slow = [[f"{name}_seconds" in each.slow for each in entries] for name in ("session", "execution")]
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
