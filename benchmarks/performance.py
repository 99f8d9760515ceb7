"""Writes docs/performance.md from the results of the benchmarks in the reports folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.acceptance import ITSELF
from benchmarks.peers import table
from benchmarks.processes import GROUPS
from benchmarks.reconciliation import MEGABYTES, SECONDS
from benchmarks.report import BenchmarkError
from benchmarks.session import PEAK, WANTED
from benchmarks.timed import WANTED as TIMED
from benchmarks.wanted import Check, checks, exponents
from steps.paths import ROOT

PAGE = ROOT / "docs" / "performance.md"
_HEAD = """# Performance

Measured, and this page written, by `tox -e bench`. The ratios carry over to another machine, since pipeline and ceiling
alternate within one run on the same PostgreSQL; the absolute figures are this machine's.
"""
_CEILING = """
The ceiling is what PostgreSQL alone makes of the same chunks over five connections that stay open: a TEMP table, COPY,
the same rows, upsert, foreign key and index, one commit with its fsync a chunk; no Lambda, no checks. The window is
the Map's, from entering to leaving it. One million users are registered throughout. `skewed`: by Zipf's law, the
busiest user is in one record of twenty. `long`: leading zeros make it nearly 100 MB. psql alone is the one of
PostgreSQL's wheel: one COPY and the same upsert of all records, over one connection in one transaction. Until
2026-11-28 the ceiling left out the name of the execution that the pipeline writes into each row, as the figures under
"before" do; three pairs with and without it differed by 6, -1 and 2 %.
"""
_ITSELF = """The suite itself is all of it but the run, and but the scenarios that run executions of their own; 8 s
are wanted, and 30 s for all of it. A scenario's own checks are wanted to take less than 0.1 s. These take longer:
"""
CHECKS_SECONDS = 0.1
_SESSION = """
Whole processes from their start to their verdict, in this checkout and in an earlier one in turn: time from outside,
CPU of pytest and of all that it starts. The ratio is that of each pair; the median of each is shown.
"""
_PROFILE = """
CPU seconds of each group of processes in each phase of a session, sampled every 0.1 s. `commands` are the programs and
forks that pytest starts. The last column is the CPU of all groups in the seconds of all cores: the rest is waiting.
"""
_WHY = """
Whatever was wanted and is not reached, explained by these figures:

- A session keeps the cores busy for less than half of its time: pytest and the embedded AWS work in turn, each waiting
  for the other. Before the phases, Python imports pytest, its plug-ins, boto3 and psycopg; `start` is the embedded AWS
  importing moto, which `deploy` goes on with when a service is first asked. RSK-01 alone waits for a time-out of 3 s
  while nothing else goes on. Scenarios side by side, each on a pipeline of its own, would each pay `deploy` again, in
  the process that all of them wait for: more than the wait that they save.
- One scenario alone has the same parts before its own; they are more than half of its time.
- `.ci/run` and the catalogue run two sessions or tests at a time, which fill both cores: their time is CPU.
- The packages are installed as a whole, moto with all its services, botocore with all its models.
"""
_SIDE_BY_SIDE = """
`pytest -m local` so many times at once, each with an embedded AWS of its own; throughput is sessions in an hour.
"""
_PEERS = """
The same template, deployed by the same deployer, and the same 100 records through a bare run. The peers have a
PostgreSQL of ours beside them, and an execution that no event has started is started by hand after 15 s. The last
column has all checks.
"""
_HOLDS = {True: "yes", False: "**no**", None: ""}
_MORE = ("session", "profile", "side-by-side", "peers", *TIMED)
"""The benchmarks whose figures are shown if there are any."""


def run(reports: Path) -> int:
    """Write the page and print its path; raises BenchmarkError if a benchmark has not been run."""
    needed = [_read(reports, name) for name in ("acceptance", "throughput", "reconciliation")]
    more = {name: _read(reports, name) for name in _MORE if (reports / f"bench-{name}.json").is_file()}
    PAGE.write_text("\n".join(page(*needed, more=more)) + "\n", encoding="utf-8")
    print(PAGE)
    return 0


def page(
    acceptance: dict[str, Any],
    throughput: dict[str, Any],
    reconciliation: dict[str, Any],
    *,
    more: Mapping[str, dict[str, Any]],
) -> Iterator[str]:
    """Yield the lines of the page; `more`: the figures of other benchmarks, by their names."""
    reading = _check_reading(reconciliation)
    yield _HEAD
    yield "## What was wanted\n"
    yield from _list_checks([*_summary(checks(throughput["sizes"]), reading, more)])
    yield ""
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
    yield (
        f"\n{reconciliation['records']:,} records are reconciled with {reconciliation['cpu_seconds']:.1f} s of CPU; "
        f"the {len(reconciliation['wrong'])} that were spoilt among them are each named.\n"
    )
    yield from _list_checks(reading)
    sections = {"session": _sessions, "profile": _profile, "side-by-side": _side_by_side, "peers": _peers}
    for name, section in sections.items():
        if name in more:
            yield from section(more[name])


def _check_reading(found: dict[str, Any]) -> list[Check]:
    seconds, megabytes = found["seconds"], found["megabytes"]
    return [
        Check("time", f"{SECONDS} s at most", f"{seconds:.1f} s", seconds <= SECONDS, "26.5 s"),
        Check("memory", f"{MEGABYTES} MB at most", f"{megabytes} MB", megabytes <= MEGABYTES, "470 MB"),
    ]


def _summary(
    pipeline: Sequence[Check], reading: Sequence[Check], more: Mapping[str, dict[str, Any]]
) -> Iterator[Check]:
    """Yield all that is wanted against what was before, which is of the same run where there was one."""
    figures = more.get("session", {}).get("figures", {})
    for what, (known, limit) in {**WANTED, PEAK: ("", None)}.items():
        spreads = figures.get(what, {})
        before = spreads.get("before", {}).get("median")
        yield _limited(
            what, limit or before, spreads.get("here", {}).get("median"), f"{before:.4g}" if before else known
        )
    for name, (what, known, limit) in TIMED.items():
        yield _limited(what, limit, more.get(name, {}).get("minutes"), known)
    yield from (each for each in pipeline if each.before)
    yield from (each._replace(what=f"reconciling 1,000,000 records, {each.what}") for each in reading)


def _limited(what: str, limit: float | None, found: float | None, before: str) -> Check:
    wanted = "no more than before" if limit is None else f"{limit:.4g} at most"
    if limit is None or found is None:
        return Check(what, wanted, "not measured", None, before)
    return Check(what, wanted, f"{found:.4g}", found <= limit, before)


def _sessions(found: dict[str, Any]) -> Iterator[str]:
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
                f"{WANTED[figure][1]:g}" if figure in WANTED else "",
            )
            for figure, each in found["figures"].items()
        ],
    )


def _profile(found: dict[str, Any]) -> Iterator[str]:
    yield "\n## Where a session's time goes"
    yield _on(found["machine"])
    yield _PROFILE
    columns = ("seconds", *GROUPS)
    for title, phases in found["profiles"].items():
        total = {name: sum(told[name] for told in phases.values()) for name in columns}
        yield from _rows(
            (title, *columns, "share of the cores"),
            [
                (
                    phase,
                    *(f"{told[name]:.2f}" for name in columns),
                    f"{sum(told[name] for name in GROUPS) / told['seconds'] / found['machine']['cores']:.0%}",
                )
                for phase, told in {**phases, "all of it": total}.items()
            ],
        )
        yield ""
    yield _WHY


def _side_by_side(found: dict[str, Any]) -> Iterator[str]:
    yield "\n## Sessions side by side"
    yield _on(found["machine"])
    yield _SIDE_BY_SIDE
    yield from _rows(
        ("sessions", "each, s", "all, s", "throughput of one alone"),
        [
            (
                str(each["sessions"]),
                ", ".join(f"{wall:.1f}" for wall in each["walls"]),
                f"{each['whole']:.1f}",
                f"{each['throughput']:.2f}",
            )
            for each in found["found"]
        ],
    )


def _peers(found: dict[str, Any]) -> Iterator[str]:
    yield "\n## Beside the peers"
    yield _on(found["machine"])
    yield _PEERS
    yield from table(found["found"])


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
            "psql alone, records/s",
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
                f"{each['psql_records_per_second']['median']:,.0f}",
                f"{each['ratio']['median']:.1%}",
            )
            for each in sizes
        ],
    )
    yield "\nA worker's time for a chunk, in milliseconds, beside the ceiling's:\n"
    parts = sizes[0]["workers_time_per_chunk"]
    yield from _rows(
        ("records", "kind", *parts),
        [
            (
                f"{each['records']:,}",
                each["kind"],
                *(f"{each['workers_time_per_chunk'][part]['median'] * 1000:.1f}" for part in parts),
            )
            for each in sizes
        ],
    )
    yield ""
    for span, power in exponents(sizes).items():
        yield f"- from {span} records, time grows to the power of {power:.2f}"
    yield ""
    yield from _list_checks([each for each in checks(sizes) if not each.before])


def _list_checks(found: Sequence[Check]) -> Iterator[str]:
    yield from _rows(
        ("", "before", "wanted", "found", "holds"),
        [(each.what, each.before, each.wanted, each.found, _HOLDS[each.holds]) for each in found],
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
