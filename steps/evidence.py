"""The acceptance run, made once a session, and the evidence that its scenarios share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from steps.drivers.activity_file import ActivityFile
from steps.drivers.audit_trail import AuditTrail
from steps.drivers.database import Database
from steps.drivers.inbox import Inbox, Upload
from steps.drivers.logs import LogLine, Logs, holding, without_others
from steps.drivers.reconciliation import Chunk, Stores
from steps.drivers.waiting import NotSeen
from steps.drivers.workflow import Run, Workflow
from steps.options import ROOT
from steps.reporting.progress import Progress
from steps.reporting.record import Record
from steps.targets.environment import Environment

FILE = ROOT / "features" / "files" / "test-user-stats-20250807-100records.csv"
SUCCESS = "EVENT_PROCESSED_SUCCESSFULLY"
STEPS = ("csv-validation", "csv-split", "csv-merge", "batch-status-update")
CHUNK_STEP = "csv-chunk-processing"
Statistics = dict[str, dict[str, Any]]
"""Every row of user_statistics, by user."""


@dataclass(frozen=True)
class Preparation:
    """What the data preparation found and left."""

    test_users_before: int
    test_users: int
    earlier: Statistics
    test_statistics: int
    statistics: Statistics
    overview: dict[str, int]


@dataclass(frozen=True)
class Start:
    """The execution that the upload set off by itself, or why none can be seen."""

    arn: str | None
    why: str = ""


@pytest.fixture(scope="session")
def activity_file() -> ActivityFile:
    return ActivityFile.read(FILE)


@pytest.fixture(scope="session")
def preparation(database: Database, record: Record, progress: Progress) -> Preparation:
    """The 100 test users registered, and their statistics cleared."""
    with record.phase("prepare"):
        before = database.number("count_test_users")
        database.tell("test_users")
        earlier = statistics_of(database)
        database.tell("clear_statistics")
        done = Preparation(
            before,
            database.number("count_test_users"),
            earlier,
            database.number("count_test_statistics"),
            statistics_of(database),
            database.ask("statistics_overview")[0],
        )
    progress.say(f"{done.test_users} test users registered, their earlier statistics cleared")
    return done


def statistics_of(database: Database) -> Statistics:
    """Every row of user_statistics at this moment."""
    return {row["user_id"]: row for row in database.ask("statistics")}


@pytest.fixture(scope="session")
def upload(
    activity_file: ActivityFile,
    preparation: Preparation,
    inbox: Inbox,
    record: Record,
    progress: Progress,
    pytestconfig: pytest.Config,
) -> Upload:
    """The file, delivered under incoming/; nothing else is done by hand."""
    failed = record.failed_preconditions()
    if failed and not pytestconfig.option.no_gate:
        pytest.skip(f"the run was not started, because of {', '.join(failed)}")
    with record.phase("run"):
        upload = inbox.deliver(activity_file.path)
    record.run |= {"bucket": upload.bucket, "key": upload.key, "version_id": upload.version_id}
    progress.say(f"delivered {upload.key}, {len(activity_file.records)} records")
    return upload


@pytest.fixture(scope="session")
def start(upload: Upload, workflow: Workflow, environment: Environment, record: Record) -> Start:
    with record.phase("run"):
        try:
            arn = workflow.started_by(upload, within=environment.patience.start)
        except NotSeen as unseen:
            return Start(None, str(unseen))
    record.run |= {"execution_arn": arn, "started_by": "event"}
    return Start(arn)


@pytest.fixture(scope="session")
def run(
    start: Start,
    workflow: Workflow,
    activity_file: ActivityFile,
    environment: Environment,
    record: Record,
    progress: Progress,
    pytestconfig: pytest.Config,
) -> Run:
    """The execution once it has ended, well or badly; what the command line wants after the run has run."""
    if start.arn is None:
        pytest.skip("the upload started no execution, so there is none to look at")
    progress.say(f"execution {workflow.console(start.arn)}")
    with record.phase("run"):
        run = workflow.ended(start.arn, within=environment.patience.end, watch=progress.watch)
    record.run["status"] = run.status
    record.measured["seconds"] = round(run.seconds, 3)
    record.measured["records_per_second"] = round(len(activity_file.records) / run.seconds, 1)
    record.measured["peak_chunks"] = run.peak_chunks
    progress.say(f"the execution {run.status} after {run.seconds:.2f} s")
    if command := pytestconfig.option.after_run:
        environment.shell(command, EXECUTION_ARN=start.arn)
        progress.say(f"ran {command}")
    environment.check()
    record.checks_begin()
    return run


@pytest.fixture(scope="session")
def statistics(run: Run, database: Database) -> Statistics:
    """Every row of user_statistics after the run."""
    return statistics_of(database)


@pytest.fixture(scope="session")
def lines(run: Run, upload: Upload, logs: Logs, environment: Environment) -> list[LogLine]:
    """Both functions' log lines from the upload on, all but other executions', once each invocation has reported."""
    ids = [task.request_id for task in run.tasks if task.request_id]
    return without_others(logs.complete(upload.at, ids, within=environment.patience.logs), run.arn)


@pytest.fixture(scope="session")
def jobs(run: Run, audit_trail: AuditTrail) -> list[dict[str, Any]]:
    return audit_trail.jobs(run.name)


@pytest.fixture(scope="session")
def audit(run: Run, audit_trail: AuditTrail) -> list[dict[str, Any]]:
    return audit_trail.entries(run.arn)


@pytest.fixture(scope="session")
def stores(
    activity_file: ActivityFile,
    preparation: Preparation,
    statistics: Statistics,
    upload: Upload,
    database: Database,
    audit: list[dict[str, Any]],
    lines: list[LogLine],
    jobs: list[dict[str, Any]],
) -> Stores:
    """What the four stores hold of the run."""
    version = {"bucket": upload.bucket, "key": upload.key, "version_id": upload.version_id}
    return Stores(
        records=activity_file.records,
        before=_counts(preparation.statistics),
        after=_counts(statistics),
        plan=[(row["chunk"], row["record_count"]) for row in database.ask("chunks", **version)],
        rejected={row["line_number"]: row["reason"] for row in database.ask("rejected", **version)},
        audited=[_chunk(entry) for entry in audit if entry.get("phase") == "completion" and "chunk" in entry],
        logged=[_chunk(line.fields) for line in holding(lines, SUCCESS) if "chunk" in line.fields],
        job=_chunk(jobs[0]) if jobs else None,
    )


def _counts(statistics: Statistics) -> dict[str, tuple[int, int]]:
    return {user: (row["login_count"], row["post_count"]) for user, row in statistics.items()}


def _chunk(entry: dict[str, Any]) -> Chunk:
    return Chunk(entry.get("chunk", -1), entry.get("records_applied", 0), entry.get("records_rejected", 0))
