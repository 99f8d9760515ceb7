"""The acceptance run, executed once per session, and the evidence that its scenarios share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest

from steps.diagnoses.ids import Diagnosis
from steps.diagnoses.of_run import diagnose_run, of_late_start, of_start
from steps.drivers.activity_file import ActivityFile
from steps.drivers.postgres import Database
from steps.drivers.s3 import NotThere, Upload
from steps.drivers.step_functions import Run
from steps.drivers.suite_lock import REFUSALS, SuiteLock
from steps.run.delivery import (
    Delivery,
    Drivers,
    Observer,
    Snapshot,
    Start,
    Statistics,
    find_execution,
    read_statistics,
    start_execution,
)
from steps.suite import options
from steps.suite.progress import Progress
from steps.targets.settings import Settings
from steps.verdict.record import Record


@dataclass(frozen=True)
class Preparation:
    """The database before and after the data preparation."""

    test_users_before: int
    test_users: int
    earlier: Statistics
    test_statistics: int
    statistics: Statistics
    overview: dict[str, int]


@pytest.fixture(scope="session")
def activity_file(settings: Settings, pytestconfig: pytest.Config) -> ActivityFile:
    return ActivityFile.read(settings.csv.file_in(options.system(pytestconfig).folder))


@pytest.fixture(scope="session")
def gate(record: Record, pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Return a function that skips after a failed precondition, unless --no-gate; its argument begins the reason."""

    def closed_for(what: str) -> None:
        failed = record.failed_preconditions()
        if failed and not pytestconfig.option.no_gate:
            pytest.skip(f"{what}, because of {', '.join(failed)}")

    return closed_for


@pytest.fixture(scope="session")
def preparation(
    database: Database,
    activity_file: ActivityFile,
    record: Record,
    progress: Progress,
    gate: Callable[[str], None],
    request: pytest.FixtureRequest,
) -> Preparation:
    """Register the test users and clear their statistics: the first writes of the session."""
    record.end("preconditions")
    gate("the data were not prepared")
    request.getfixturevalue("alone")
    with record.phase("prepare"):
        before = database.number("count_test_users")
        database.tell("test_users")
        earlier = read_statistics(database, activity_file.sums())
        theirs = {user: earlier[user] for user in activity_file.sums() if user in earlier}
        record.keep("statistics-before.json", json.dumps(theirs, default=str, indent=1))
        database.tell("clear_statistics")
        done = Preparation(
            before,
            database.number("count_test_users"),
            earlier,
            database.number("count_test_statistics"),
            read_statistics(database, activity_file.sums()),
            database.row("statistics_overview"),
        )
    progress.say(f"{done.test_users} test users registered, their earlier statistics cleared")
    return done


@pytest.fixture(scope="session")
def acceptance(
    activity_file: ActivityFile,
    preparation: Preparation,
    drivers: Drivers,
    record: Record,
    progress: Progress,
    gate: Callable[[str], None],
    announce: Callable[[str], None],
    request: pytest.FixtureRequest,
) -> Iterator[Delivery]:
    """Upload the agreed file to incoming/ once a session; start by hand only as a fallback or by --start=manually."""
    options = request.config.option
    gate("the run was not started")
    lock: SuiteLock | None = request.getfixturevalue("alone")
    if lock and lock.left:
        _remove_left(drivers, *lock.left, progress, announce)
    record.begin("run")
    upload = drivers.inbox.deliver(activity_file.name, activity_file.content)
    if lock:
        lock.note_upload(upload.key, upload.version_id)
    observer = AcceptanceObserver(drivers, activity_file, upload, record, progress, after_run=options.after_run)
    record.run |= {"bucket": upload.bucket, "key": upload.key, "version_id": upload.version_id}
    progress.say(f"delivered {upload.key}, {len(activity_file.records)} records")

    def find_start() -> Start:
        if options.start == "manually":
            return start_execution(drivers, upload, "started by hand, as --start=manually wants")
        return _find_or_start(drivers, upload, record, progress)

    yield Delivery(activity_file, upload, preparation.statistics, drivers, find_start, observer)
    with suppress(*REFUSALS):  # those are told below
        observer.recognise_late_event()
    if drivers.environment.shared:
        _remove_upload(drivers, upload, record.run.get("execution_arn"), progress, announce)


_USUAL_SECONDS = 10
"""Within this time, EventBridge usually delivers the event of an upload."""


def _find_or_start(drivers: Drivers, upload: Upload, record: Record, progress: Progress) -> Start:
    """Return the execution that the upload starts; else start one by hand, so that the rest can be checked."""
    patience = drivers.environment.patience.start
    start = find_execution(drivers, upload, within=min(patience, _USUAL_SECONDS))
    if start.arn is None and patience > _USUAL_SECONDS:
        progress.say(f"no execution within {_USUAL_SECONDS} s; EventBridge may be late, and has {patience:g} s in all")
        start = find_execution(drivers, upload, within=patience - _USUAL_SECONDS)
        start = replace(start, why=f"within {patience:g} s in all: {start.why}" if start.why else "")
    record.deviations += of_start(start.by, start.why)
    if start.arn is not None:
        return start
    progress.say(
        "the upload has started nothing, so the execution is started by hand; if the event comes later, its execution "
        "ends as a duplicate"
    )
    return start_execution(drivers, upload, start.why)


def _remove_upload(
    drivers: Drivers, upload: Upload, arn: str | None, progress: Progress, announce: Callable[[str], None]
) -> None:
    """Delete the uploaded version, unless an execution still reads it; note it if it is left behind."""
    version = f"{upload.key}, version {upload.version_id},"
    try:
        if arn and drivers.workflow.runs(arn):
            announce(f"left behind: {version} since {arn} still runs")
            return
        drivers.inbox.delete(upload)
    except REFUSALS as refused:
        announce(f"left behind: {version} which the next run that finds this one's lock removes ({refused})")
    else:
        progress.say(f"removed {upload.key}, version {upload.version_id}")


def _remove_left(
    drivers: Drivers, key: str, version_id: str, progress: Progress, announce: Callable[[str], None]
) -> None:
    """Remove the version that a run which has died has left behind, if it is still there."""
    with suppress(NotThere):
        upload = drivers.inbox.found(key, version_id)
        running = [arn for arn in drivers.workflow.executions_of(upload) if drivers.workflow.runs(arn)]
        announce(f"a run that has died has left {key}, version {version_id}")
        _remove_upload(drivers, upload, next(iter(running), None), progress, announce)


@pytest.fixture
def delivery(acceptance: Delivery) -> Delivery:
    """The delivery that a scenario checks: the acceptance run, unless the scenario delivers its own file."""
    return acceptance


class AcceptanceObserver(Observer):
    """Records the acceptance run and shows its progress."""

    def __init__(
        self,
        drivers: Drivers,
        file: ActivityFile,
        upload: Upload,
        record: Record,
        progress: Progress,
        *,
        after_run: str | None,
    ) -> None:
        self._drivers, self._file, self._upload = drivers, file, upload
        self._record, self._progress = record, progress
        self._after_run = after_run

    def note_start(self, start: Start) -> None:
        self._record.run |= {"execution_arn": start.arn, "started_by": start.by}
        self._progress.say(f"execution {self._drivers.workflow.console(str(start.arn))}")

    def note_progress(self, snapshot: Snapshot) -> None:
        self._progress.show(snapshot)

    def note_end(self, run: Run) -> None:
        """Record the measurements; then run the command of --after-run."""
        record, progress = self._record, self._progress
        record.end("run")
        record.run |= {"execution_arn": run.arn, "status": run.status}
        self.recognise_late_event()
        record.deviations += diagnose_run(run)
        record.measured |= {
            "seconds": round(run.seconds, 3),
            "records_per_second": round(len(self._file.records) / run.seconds, 1),
            "peak_chunks": run.peak_chunks,
        }
        progress.say(f"the execution {run.status} after {run.seconds:.2f} s")
        environment = self._drivers.environment
        if self._after_run:
            environment.shell(self._after_run, EXECUTION_ARN=run.arn)
            progress.say(f"ran {self._after_run}")
        environment.check()
        record.begin("check")

    def recognise_late_event(self) -> None:
        """Once an event has started an execution after all, name it as late, and no longer as not delivered."""
        record = self._record
        undelivered = [each for each in record.deviations if each.diagnosis == Diagnosis.EVENT_NOT_DELIVERED]
        if undelivered and (late := self._drivers.workflow.late_start(self._upload)):
            record.deviations = [each for each in record.deviations if each not in undelivered] + [of_late_start(*late)]
            self._progress.say(of_late_start(*late).text)
