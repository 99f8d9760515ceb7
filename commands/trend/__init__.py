"""The trend over nights, as a table and as an HTML page: durations, verdicts and flaky lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from commands.trend.page import Trend, html
from steps.reporting import nights as history
from steps.reporting.nights import Entry

__all__ = ["PAGE", "Trend", "html", "read", "table", "trends"]
PAGE = "trend.html"
_NIGHTS = 90
_ROW = "{:<16}  {:<9}  {:<7}  {:>6}  {:>9}  {:>9}  {:>9}  {:<12}  {}"
_HEAD = ("date (UTC)", "target", "verdict", "passed", "session s", "run s", "records/s", "commit", "")


def read(folders: Iterable[Path]) -> tuple[list[Entry], list[str]]:
    """All sessions in the folders' histories, oldest first, and the faults of unreadable entries."""
    read = [history.read(folder / history.FILE) for folder in folders]
    return history.merge(each for entries, _ in read for each in entries), [
        each for _, faults in read for each in faults
    ]


def make_trends(entries: Sequence[Entry], links: Mapping[str, Sequence[tuple[str, str]]] | None = None) -> list[Trend]:
    """The last 90 sessions of each target and pipeline; `links` are (text, address) pairs by target."""
    by_series = groupby(sorted(entries, key=lambda each: each.series), key=lambda each: each.series)
    return [Trend(series, [*each_of][-_NIGHTS:], list((links or {}).get(series, ()))) for series, each_of in by_series]


def format_table(entries: Sequence[Entry]) -> Iterator[str]:
    """A header, then a line for each session, with remarks at its end."""
    yield _ROW.format(*_HEAD).rstrip()
    for each in entries:
        yield _ROW.format(
            each.when,
            each.target,
            each.verdict,
            f"{each.passed}/{each.scope}",
            f"{each.session_seconds:.1f}",
            *("-" if value is None else f"{value:.1f}" for value in (each.execution_seconds, each.records_per_second)),
            (each.commit or "-")[:12],
            "; ".join(_remarks(each)),
        ).rstrip()


def _remarks(entry: Entry) -> Iterator[str]:
    for name, usual in entry.slow.items():
        yield f"slow: {name.removesuffix('_seconds')}, usually {usual:.1f} s"
    for name in ("flaky", "waived", "altered_by"):
        if told := getattr(entry, name):
            yield f"{name.replace('_', ' ')}: {', '.join(told)}"
