"""Profiles a session: the CPU seconds of each group of its processes in each of its phases.

It is a plug-in of pytest, too, which hands over when each phase of the session began and ended.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.machine import machine
from benchmarks.processes import GROUPS, session
from benchmarks.report import Progress, write
from benchmarks.session import ACCEPTANCE, ALONE
from steps.paths import ROOT
from steps.verdict.record import RECORD

_FILE = "BENCHMARK_PHASES"
_BEFORE, _BETWEEN, _AFTER = "before the phases", "between phases", "after the phases"
_SAMPLE_SECONDS = 0.1

KINDS = (ACCEPTANCE, ALONE)
Curve = Sequence[tuple[float, Mapping[str, float]]]
Profile = dict[str, dict[str, float]]


def run(reports: Path) -> int:
    """Run each of KINDS once; print and store their profiles. Raises BenchmarkError if one is not GO."""
    at, progress = machine(), Progress()
    profiles = {}
    for kind in KINDS:
        with TemporaryDirectory(prefix="bench-profile-") as folder:
            file = Path(folder) / "phases.json"
            options = (*kind, "-p", "benchmarks.profile")
            with session(ROOT, *options, every=_SAMPLE_SECONDS, variables={_FILE: str(file)}) as (usage, _):
                progress.say(f"GO in {usage.wall:.1f} s")
            phases = split(usage.curve, json.loads(file.read_text("utf-8")))
        profiles[f"pytest {' '.join(kind)}"] = phases
        print("\n".join(_table(phases)))
    print(f"\n{write(reports, 'profile', {'machine': at, 'profiles': profiles})}")
    return 0


def split(curve: Curve, spans: Mapping[str, tuple[float, float]]) -> Profile:
    """Return the seconds and the CPU seconds of each group, by phase; `spans`: begin and end of each phase.

    A moment in two phases counts to the one that began last.
    """
    first, last = min(began for began, _ in spans.values()), max(ended for _, ended in spans.values())
    found: Profile = {}
    for (since, before), (until, after) in pairwise(curve):
        now = [name for name, (began, ended) in spans.items() if began <= since < ended]
        beside = _BEFORE if since < first else _AFTER if since >= last else _BETWEEN
        phase = max(now, key=lambda name: spans[name][0]) if now else beside
        told = found.setdefault(phase, dict.fromkeys(("seconds", *GROUPS), 0.0))
        told["seconds"] += until - since
        for group in GROUPS:
            told[group] += after[group] - before[group]
    return {phase: {name: round(value, 2) for name, value in told.items()} for phase, told in found.items()}


def _table(phases: Profile) -> Iterator[str]:
    columns = ("seconds", *GROUPS)
    yield f"{'CPU seconds':<18}" + "".join(f"{name:>13}" for name in columns)
    for phase, told in phases.items():
        yield f"{phase:<18}" + "".join(f"{told[name]:>13.2f}" for name in columns)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write begin and end of each phase to the file that the environment names."""
    spans = session.config.stash[RECORD].spans
    told = {name: (span.began, span.began + span.seconds) for name, span in spans.items()}
    Path(os.environ[_FILE]).write_text(json.dumps(told), "utf-8")
