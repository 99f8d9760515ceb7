"""Writes docs/performance.md from the results of the benchmarks in the reports folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.acceptance import ITSELF
from benchmarks.reconciliation import MEGABYTES, SECONDS
from benchmarks.report import BenchmarkError
from benchmarks.session import WANTED
from benchmarks.wanted import Check, checks, exponents
from steps.paths import ROOT

PAGE = ROOT / "docs" / "performance.md"
_HEAD = """# Performance

Measured, and this page written, by `tox -e bench`. The ratios carry over to another machine, since pipeline and ceiling
alternate within one run on the same PostgreSQL; the absolute figures are this machine's.
"""
_CEILING = """
The ceiling is what PostgreSQL alone makes of the same chunks over five connections that stay open: a TEMP table, COPY,
the same upsert with its foreign key and index, one commit with its fsync a chunk; no Lambda, no checks. The window is
the Map's, from entering to leaving it. One million users are registered throughout. `skewed`: by Zipf's law, the
busiest user is in one record of twenty. `long`: leading zeros make it nearly 100 MB.
"""
_ITSELF = """The suite itself is all of it but the run, and but the scenarios that run executions of their own; 8 s
are wanted, and 30 s for all of it. A scenario's own checks are wanted to take less than 0.1 s. These take longer:
"""
CHECKS_SECONDS = 0.1
_SESSION = """
Whole processes from their start to their verdict, in this checkout and in an earlier one in turn: time from outside,
CPU of pytest and of all that it starts. The ratio is that of each pair; the median of each is shown.
"""


def run(reports: Path) -> int:
    """Write the page and print its path; raises BenchmarkError if a benchmark has not been run."""
    found = {name: _read(reports, name) for name in ("acceptance", "throughput", "reconciliation")}
    beside = [_read(reports, "session")] if (reports / "bench-session.json").is_file() else []
    lines = [*page(**found), *(line for each in beside for line in sessions(each))]
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(PAGE)
    return 0


def page(acceptance: dict[str, Any], throughput: dict[str, Any], reconciliation: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the page."""
    yield _HEAD
    yield "## The pipeline beside PostgreSQL alone"
    yield _on(throughput["machine"])
    yield _CEILING
    yield from _throughput(throughput["sizes"])
    yield "\n## An acceptance"
    yield _on(acceptance["machine"])
    yield ""
    yield from _rows(
        ("seconds", "median", "least", "most"),
        [
            (name, *(f"{spread[part]:.2f}" for part in ("median", "least", "most")))
            for name, spread in {
                **acceptance["phases"],
                "all of it": acceptance["wall"],
                "of which the suite itself": acceptance[ITSELF],
            }.items()
        ],
    )
    yield f"\n{_ITSELF}"
    yield from _rows(
        ("checks", "seconds"),
        [
            (name, f"{spread['median']:.2f}")
            for name, spread in sorted(acceptance["checks"].items(), key=lambda item: -item[1]["median"])
            if spread["median"] > CHECKS_SECONDS
        ],
    )
    yield "\n## The suite's own reading"
    yield _on(reconciliation["machine"])
    seconds, megabytes = reconciliation["seconds"], reconciliation["megabytes"]
    yield (
        f"\n{reconciliation['records']:,} records are reconciled with {reconciliation['cpu_seconds']:.1f} s of CPU; "
        f"the {len(reconciliation['wrong'])} that were spoilt among them are each named.\n"
    )
    yield from _list_checks(
        [
            Check("time", f"{SECONDS} s at most", f"{seconds:.1f} s", seconds <= SECONDS, "26.5 s"),
            Check("memory", f"{MEGABYTES} MB at most", f"{megabytes} MB", megabytes <= MEGABYTES, "470 MB"),
        ]
    )


def sessions(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines about whole sessions beside those of another checkout, where this was measured."""
    yield "\n## A session beside an earlier one"
    yield _on(found["machine"])
    yield _SESSION
    yield from _rows(
        ("", "before", "now", "now / before", "wanted at most"),
        [
            (
                figure,
                *(f"{each[column]['median']:.2f}" if column in each else "" for column in ("before", "here", "ratio")),
                str(WANTED.get(figure, "")),
            )
            for figure, each in found["figures"].items()
        ],
    )


def _throughput(sizes: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield from _rows(
        (
            "records",
            "kind",
            "chunks",
            "the Map's window, s",
            "upload to end, s",
            "records/s",
            "ceiling, records/s",
            "ratio",
        ),
        [
            (
                f"{each['records']:,}",
                each["kind"],
                str(each["chunks"]),
                f"{each['window']['median']:.1f}",
                f"{each['upload_to_end']['median']:.1f}",
                f"{each['records_per_second']['median']:,.0f}",
                f"{each['ceiling_records_per_second']['median']:,.0f}",
                f"{each['ratio']['median']:.1%}",
            )
            for each in sizes
        ],
    )
    yield ""
    for span, power in exponents(sizes).items():
        yield f"- from {span} records, time grows to the power of {power:.2f}"
    yield ""
    yield from _list_checks(checks(sizes))


def _list_checks(found: Sequence[Check]) -> Iterator[str]:
    yield from _rows(
        ("", "before", "wanted", "found", "holds"),
        [(each.what, each.before, each.wanted, each.found, "yes" if each.holds else "**no**") for each in found],
    )


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _on(at: dict[str, Any]) -> str:
    return f"\n{at['cores']} cores, {at['cpu']}, {at['system']}, Python {at['python']}, {at['date']}"


def _read(reports: Path, name: str) -> dict[str, Any]:
    file = reports / f"bench-{name}.json"
    if not file.is_file():
        raise BenchmarkError(
            f"There are no figures of {name}.\n  evidence: {file} is not there\n  remedy: python -m benchmarks {name}"
        )
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found
