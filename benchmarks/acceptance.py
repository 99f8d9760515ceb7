"""Measures how long `pytest -m local` takes, in total and by phase."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from itertools import dropwhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, cast

from benchmarks.machine import machine
from benchmarks.report import BenchmarkError, Progress, Spread, bar, write
from steps.paths import ROOT
from steps.suite.feature_tags import OWN_EXECUTION, find_features
from steps.suite.reports import left_in
from steps.verdict.model import Verdict

REST = "outside phases"
ITSELF = "the suite itself"
_PROGRESS = re.compile(r"\s*\d+\.\d s  ")


@dataclass(frozen=True)
class Session:
    """A finished session. wall: its seconds measured from outside; session, phases: seconds from its verdict.

    checks: seconds of the Then steps of each scenario, by its name, without the scenarios that run executions of their
    own; the shared run is awaited in When steps.
    executions: total seconds of the scenarios that run executions of their own.
    """

    verdict: str
    wall: float
    session: float
    phases: dict[str, float]
    checks: dict[str, float]
    executions: float

    @property
    def spent(self) -> dict[str, float]:
        """The seconds of each phase, and of the rest: imports, collection and shutdown."""
        return {**self.phases, REST: round(self.wall - sum(self.phases.values()), 2)}

    @property
    def itself(self) -> float:
        """The seconds of the suite itself: all without the shared run and the scenarios with their own executions."""
        return round(self.wall - self.phases.get("run", 0) - self.executions, 2)


def run(runs: int, reports: Path, more: list[str]) -> int:
    """Run the acceptance `runs` times with options `more`, print and store the timings; return 1 unless all were GO."""
    at, progress = machine(), Progress()
    sessions = []
    for number in range(1, runs + 1):
        session = _accepted(f"run {number} of {runs}", more, progress)
        progress.say(f"run {number} of {runs}: {session.verdict} in {session.wall:.1f} s")
        sessions.append(session)
    names = dict.fromkeys(name for session in sessions for name in session.spent)
    spent = {name: Spread.of(s.spent[name] for s in sessions if name in s.spent) for name in names}
    whole = {
        "session": Spread.of(session.session for session in sessions),
        "wall": Spread.of(session.wall for session in sessions),
        ITSELF: Spread.of(session.itself for session in sessions),
    }
    scenarios = {name for session in sessions for name in session.checks}
    checks = {name: Spread.of(s.checks[name] for s in sessions if name in s.checks) for name in scenarios}
    verdicts = [session.verdict for session in sessions]
    print("\n".join([*_table(at, verdicts, spent, whole), *_slowest(checks)]))
    report: dict[str, Any] = {
        "machine": at,
        "verdicts": verdicts,
        "phases": {name: asdict(spread) for name, spread in spent.items()},
        **{name: asdict(spread) for name, spread in whole.items()},
        "checks": {name: asdict(spread) for name, spread in checks.items()},
        "runs": [asdict(session) for session in sessions],
    }
    print(f"\n{write(reports, 'acceptance', report)}")
    return 0 if set(verdicts) == {"GO"} else 1


def _accepted(which: str, more: list[str], progress: Progress) -> Session:
    """Run a session like a user: in its own process, in the project's folder, with its own reports folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    with TemporaryDirectory(prefix="bench-acceptance-") as folder:
        began = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", "pytest", "-m", "local", f"--reports={folder}", *more],
            cwd=ROOT,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            output = []
            for line in cast("IO[str]", process.stdout):
                output.append(line)
                if _PROGRESS.match(line):
                    progress.look(f"{which}: {line.strip()}")
        wall = time.monotonic() - began
        file = left_in(Path(folder))
        if not file.is_file():
            raise BenchmarkError(
                f"The acceptance left no verdict: pytest ended with {process.returncode}.\n  evidence: "
                f"{''.join(output[-15:])}\n  remedy: run pytest -m local and mend what it says"
            )
        verdict = Verdict.from_json(file.read_text("utf-8"))
        checks, executions = _scenarios(file.with_name("allure-results"))
    if verdict.verdict != "GO":
        sys.stderr.writelines(output)
    measured = verdict.measured
    return Session(verdict.verdict, round(wall, 2), measured.session_seconds, measured.phases, checks, executions)


def _scenarios(results: Path) -> tuple[dict[str, float], float]:
    """Return `checks` and `executions` of a Session, from its Allure results."""
    checks, executions = dict[str, float](), 0.0
    apart = {".".join(file.relative_to(ROOT).with_suffix("").parts) for file in find_features(OWN_EXECUTION)}
    for file in results.glob("*-result.json"):
        told = json.loads(file.read_text("utf-8"))
        if told["fullName"].partition("#")[0] in apart:
            executions += _seconds(told)
        else:
            then = dropwhile(lambda step: not step["name"].startswith("Then "), told.get("steps", []))
            checks[told["name"]] = round(sum(_seconds(step) for step in then), 3)
    return checks, round(executions, 2)


def _seconds(told: dict[str, Any]) -> float:
    return float(told["stop"] - told["start"]) / 1000


def _slowest(checks: dict[str, Spread]) -> list[str]:
    """Return the lines about the five scenarios whose checks take longest."""
    slowest = sorted(checks.items(), key=lambda item: -item[1].median)[:5]
    return [
        "",
        f"the checks of {len(checks)} scenarios, in milliseconds; the slowest:",
        *(f"{spread.median * 1000:6.0f}  {name}" for name, spread in slowest),
    ]


def _table(at: dict[str, Any], verdicts: list[str], spent: dict[str, Spread], whole: dict[str, Spread]) -> list[str]:
    longest = max(spread.median for spread in spent.values())
    return [
        "",
        f"pytest -m local, {len(verdicts)} times: {', '.join(verdicts)}",
        f"{at['cores']} cores, {at['cpu']}, Python {at['python']}, {at['date']}",
        "",
        f"{'seconds':<16}{'median':>7} {'least':>7} {'most':>7}",
        *(f"{name:<16}{spread:7.2f}  {bar(spread.median / longest)}" for name, spread in spent.items()),
        *(f"{name:<16}{spread:7.2f}" for name, spread in whole.items()),
    ]
