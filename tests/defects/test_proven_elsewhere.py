"""The lines that are about the suite itself, which no defect of the pipeline can turn: each turns NO when it has to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from steps.drivers.activity_file import ActivityFile
from steps.drivers.execution_history import Reached
from steps.paths import ROOT
from steps.results import execution, logs
from steps.risks import investigation, schedule
from steps.robustness import bad_records
from steps.run import prepare
from steps.run.delivery import Snapshot
from steps.suite.finding import Finding
from steps.targets import settings
from steps.targets.settings_values import USUAL_FILE
from steps.verdict import checklist
from steps.verdict.checklist import SCHEDULE
from steps.verdict.record import Record, Span
from steps.verdict.verdict import FAILED, PASSED, Scenario
from steps.verdict.words import Words

SYSTEM = ROOT / "system_under_test"
SETTINGS = settings.read(SYSTEM / "acceptance.toml", {}, needed=(), lines=checklist.read(), folder=SYSTEM)
AGREED = ActivityFile.read(USUAL_FILE)
SPANS = [name for names in SCHEDULE.values() for name in names]
PRECONDITIONS = {"the bucket is ready": ["INF-03"], "the functions are configured": ["LAM-01", "KNO-01"]}


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """A record of a session whose preconditions had passed when its run began."""
    record = Record(checklist.read(), tmp_path / "verdict.json")
    record.expected |= PRECONDITIONS
    record.scenarios |= {id: Scenario(id, items, PASSED, ended=1.0) for id, items in PRECONDITIONS.items()}
    record.spans |= {name: Span(n, n + 1) for n, name in enumerate(SPANS, 1)}
    return record


def test_a_file_of_another_name():
    prepare.file_named(AGREED, SETTINGS, Finding())
    with pytest.raises(AssertionError, match=r"got the file users\.csv"):
        prepare.file_named(replace(AGREED, name="users.csv"), SETTINGS, Finding())


@pytest.mark.parametrize("file", [replace(AGREED, records=AGREED.records[1:]), replace(AGREED, lines=102)])
def test_a_file_of_other_records_or_lines(file: ActivityFile):
    prepare.file_holds(AGREED, SETTINGS, Finding())
    with pytest.raises(AssertionError, match=r"wanted 10[01] "):
        prepare.file_holds(file, SETTINGS, Finding())


def test_a_file_of_another_header():
    prepare.header_reads(AGREED, SETTINGS, Finding())
    with pytest.raises(AssertionError, match="got user_id,logins,posts"):
        prepare.header_reads(replace(AGREED, header=["user_id", "logins", "posts"]), SETTINGS, Finding())


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_phase_that_takes_longer_than_by_hand(record: Record, number: int):
    schedule.in_its_turn(number, record, Finding())
    last = SPANS.index(SCHEDULE[f"PHS-{number:02}"][-1])
    for n, name in enumerate(SPANS[last:]):
        began = record.spans[name].began
        record.spans[name] = Span(began + 10_000, began + 10_001) if n else Span(began, began + 10_000)
    with pytest.raises(AssertionError, match="at most"):
        schedule.in_its_turn(number, record, Finding())


def test_a_run_that_began_before_a_precondition_was_checked(record: Record):
    schedule.gate_held(record, Finding())
    record.scenarios["the bucket is ready"].ended = 9.0
    with pytest.raises(AssertionError, match="not checked before it: the bucket is ready"):
        schedule.gate_held(record, Finding())


def test_a_run_that_began_though_a_precondition_had_failed(record: Record):
    record.scenarios["the bucket is ready"].status = FAILED
    with pytest.raises(AssertionError, match="not passed: the bucket is ready"):
        schedule.gate_held(record, Finding())


def test_a_line_that_does_not_say_what_to_do(record: Record):
    investigation.lines_explained(record, Finding())
    record.checklist["INF-01"] = replace(record.checklist["INF-01"], remedy=Words("直す。", ""))
    with pytest.raises(AssertionError, match="INF-01"):
        investigation.lines_explained(record, Finding())


def snapshot(reached: Reached, lines: int) -> Snapshot:
    return Snapshot(1.0, reached, lines, 0)


def test_an_execution_that_nobody_saw_while_it_ran():
    delivery: Any = SimpleNamespace(run=SimpleNamespace(history=[]))
    ended = snapshot(Reached("started", 0, 0), 3)
    progress: Any = SimpleNamespace(snapshots=[ended, ended])
    execution.shown(delivery, progress, Finding())
    progress.snapshots = [ended]
    with pytest.raises(AssertionError, match="wanted progress shown while it ran"):
        execution.shown(delivery, progress, Finding())


def test_log_lines_that_were_seen_only_when_all_was_over():
    delivery: Any = SimpleNamespace()
    reached = Reached("started", 0, 0)
    progress: Any = SimpleNamespace(snapshots=[snapshot(reached, 1), snapshot(reached, 9)])
    logs.followed(delivery, progress, Finding())
    progress.snapshots[0] = snapshot(reached, 0)
    with pytest.raises(AssertionError, match="wanted log lines followed while it ran"):
        logs.followed(delivery, progress, Finding())


def test_chunks_that_never_met_at_the_lock():
    database = SimpleNamespace(number=lambda _: 0)
    drivers: Any = SimpleNamespace(connections=SimpleNamespace(gone=lambda *_, within: None), database=database)
    own_file: Any = SimpleNamespace(deadlocks_before=0)
    bad_records.no_deadlock(drivers, own_file, 2, Finding())
    with pytest.raises(AssertionError, match="wanted more than one function waiting at the lock"):
        bad_records.no_deadlock(drivers, own_file, 1, Finding())


def test_a_run_whose_throughput_was_not_measured(record: Record):
    record.measured |= {"seconds": 3.5, "records_per_second": 28.6}
    execution.recorded(record, Finding())
    record.measured["records_per_second"] = 0
    with pytest.raises(AssertionError, match="wanted time and throughput recorded"):
        execution.recorded(record, Finding())
