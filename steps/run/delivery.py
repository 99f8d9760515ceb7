"""A delivery: an upload under one execution, the waits for it, and what the stores hold of it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar

import pytest

from steps.drivers.activity_file import ActivityFile, Counts, counts
from steps.drivers.audit_trail import AuditTrail
from steps.drivers.connections import Connections, Sightings
from steps.drivers.event_rule import Trigger
from steps.drivers.execution_history import Reached
from steps.drivers.locks import Locks
from steps.drivers.logs import LogLine, Logs, Tail, holding, without_others
from steps.drivers.postgres import Database, Unreachable
from steps.drivers.s3 import Inbox, Upload
from steps.drivers.step_functions import Run, Workflow
from steps.drivers.waiting import NotSeen
from steps.results.reconciliation import Chunk, Fates, Job, Rejection, Stores, reconcile
from steps.targets.environment import Environment, tell_gap

T = TypeVar("T")


class KeptWait(Generic[T]):
    """A wait that is made once: its result, error or skip is kept, so that no wait is repeated in vain.

    The scenarios of a session share the acceptance run, and none of them waits again for what never came.
    """

    def __init__(self, wait: Callable[[], T], what: str) -> None:
        self._wait, self._what = wait, what
        self._outcome: Future[T] | None = None

    def make(self) -> T:
        """Wait, unless that was done before; return the result or raise the error of the first time."""
        if self._outcome is None:
            self._outcome = Future()
            try:
                self._outcome.set_result(self._wait())
            except (Exception, pytest.skip.Exception) as error:
                self._outcome.set_exception(error)
        return self._outcome.result()

    @property
    def result(self) -> T:
        """The result. Raises LookupError if nobody has waited yet: a step lacks its wait."""
        if self._outcome is None:
            raise LookupError(f"{self._what} was read before it was waited for")
        return self._outcome.result()


SUCCESS = "EVENT_PROCESSED_SUCCESSFULLY"
STEPS = ("csv-validation", "csv-split", "csv-merge", "batch-status-update")
CHUNK_STEP = "csv-chunk-processing"
AT_ONCE = 5
"""The MaxConcurrency of the pipeline's Map state: chunks that may run at once."""
Statistics = dict[str, dict[str, Any]]
"""The rows of user_statistics, by user: see `read_statistics`."""


@dataclass(frozen=True)
class Drivers:
    """The drivers through which a delivery is observed."""

    environment: Environment
    database: Database
    inbox: Inbox
    trigger: Trigger
    workflow: Workflow
    locks: Locks
    audit_trail: AuditTrail
    logs: Logs
    connections: Connections
    connect: Callable[[], Database]
    """Opens a database session in addition to `database`."""


@dataclass(frozen=True)
class Start:
    """The execution that an upload started or that was started by hand, or why there is none."""

    arn: str | None
    by: Literal["event", "manual", "none"]
    why: str = ""


@dataclass(frozen=True)
class Snapshot:
    """A running execution at one moment: seconds since its start, its progress, its log lines, its open sessions."""

    seconds: float
    reached: Reached
    lines: int
    sessions: int


SESSION_SECONDS = 10
"""Seconds for the server to remove a session that a function has closed."""


def list_request_ids(run: Run) -> list[str]:
    """Return the request ids of the invocations of an execution, as far as its history has them."""
    return [task.request_id for task in run.tasks if task.request_id]


class Observer:
    """Is notified of the progress of a delivery; this base class ignores it."""

    def note_start(self, start: Start) -> None: ...

    def note_progress(self, snapshot: Snapshot) -> None: ...

    def note_end(self, run: Run) -> None: ...


class Delivery:
    """An upload under one execution.

    `wait_until_started`, `wait_until_ended` and `wait_until_logged` wait; `start`, `run` and `lines` are their results.
    All other attributes are read from the stores at the first access, once the execution has ended.
    """

    def __init__(
        self,
        file: ActivityFile,
        upload: Upload,
        before: Statistics,
        drivers: Drivers,
        find_start: Callable[[], Start],
        observer: Observer | None = None,
    ) -> None:
        """`before`: the statistics when the file was uploaded. `find_start`: finds or starts the execution."""
        self.file, self.upload, self._before, self._drivers = file, upload, before, drivers
        self._find_start, self._observer = find_start, observer or Observer()
        # Each look at the progress reads the whole history and the log; without an observer nobody would use it.
        self._watch = self._note_progress if observer else None
        self._started = KeptWait(self._await_start, "the start of the execution")
        self._ended = KeptWait(self._await_end, "the end of the execution")
        self._logged = KeptWait(self._await_logs, "the log of the execution")
        self.sightings = Sightings()
        self.sessions_left: list[str] | None = None
        """The sessions that the invocations left open, read if an observer follows the delivery; None if not read."""
        self.tail = Tail(drivers.logs, upload.at)

    def with_execution(self, start: Start) -> Delivery:
        """Return the same upload under another execution."""
        return Delivery(self.file, self.upload, self._before, self._drivers, lambda: start)

    def wait_until_started(self) -> None:
        """Find or start the execution."""
        self._started.make()

    def wait_until_ended(self) -> None:
        """Follow the execution to its end; skip if there is none. Raises NotSeen."""
        self._ended.make()

    def wait_until_logged(self) -> None:
        """Read the log once each invocation of the execution, which has to have ended, has its REPORT line.

        Raises LogsIncomplete.
        """
        self._logged.make()

    @property
    def start(self) -> Start:
        return self._started.result

    @property
    def run(self) -> Run:
        """The execution as it has ended."""
        return self._ended.result

    @property
    def lines(self) -> list[LogLine]:
        """The functions' log lines since the upload, without other executions'."""
        return self._logged.result

    def _await_start(self) -> Start:
        start = self._find_start()
        self._observer.note_start(start)
        return start

    def _await_end(self) -> Run:
        self.wait_until_started()
        if self.start.arn is None:
            pytest.skip("the upload started no execution, so there is none to look at")
        workflow, within = self._drivers.workflow, self._drivers.environment.patience.end
        with self._drivers.connections.watched() as self.sightings:
            run = workflow.ended(self.start.arn, within=within, watch=self._watch)
            if self.start.by == "manual" and run.duplicate_of:  # the event came late; its execution processes the file
                self._observer.note_start(replace(self.start, arn=run.duplicate_of))
                run = workflow.ended(run.duplicate_of, within=within, watch=self._watch)
        if self._watch:  # before other scenarios start the functions anew, which closes all that they have left open
            with suppress(Unreachable):
                self.sessions_left = self._drivers.connections.left_by(list_request_ids(run), within=SESSION_SECONDS)
        if self._drivers.environment.is_emulator:
            tell_gap(run.cause)
        self._observer.note_end(run)
        return run

    def _note_progress(self, seconds: float, reached: Reached) -> None:
        self.tail.look()
        self._observer.note_progress(Snapshot(seconds, reached, len(self.tail.lines), len(self.sightings.now)))

    def _await_logs(self) -> list[LogLine]:
        run, environment = self.run, self._drivers.environment
        ids = list_request_ids(run)
        unnamed = sum(task.has_run_unnamed for task in run.tasks)
        logs, patience = self._drivers.logs, environment.patience.logs
        lines = logs.complete(self.upload.at, ids, within=patience, unnamed=unnamed, execution=run.arn)
        all_are_named = all(task.request_id for task in run.tasks if task.is_lambda)
        return without_others(lines, run.arn, ids if environment.shared and all_are_named else None)

    @property
    def before(self) -> Statistics:
        """The comparable rows of user_statistics when the file was uploaded."""
        return self._comparable(self._before)

    @cached_property
    def statistics(self) -> Statistics:
        """The comparable rows of user_statistics after the run."""
        return self._comparable(read_statistics(self._drivers.database, self.file.sums(), self.run.arn))

    def _comparable(self, statistics: Statistics) -> Statistics:
        """In a shared account, where other rows change too, keep only rows of the file's users or of this execution."""
        if not self._drivers.environment.shared:
            return statistics
        ours, arn = self.file.sums(), self.run.arn
        return {user: row for user, row in statistics.items() if user in ours or row["last_execution_id"] == arn}

    @property
    def counts(self) -> dict[str, Counts]:
        """The counts of each user in `statistics`."""
        return counts_by_user(self.statistics.values())

    @cached_property
    def jobs(self) -> list[dict[str, Any]]:
        return self._drivers.audit_trail.jobs(self.run.name)

    @cached_property
    def audit(self) -> list[dict[str, Any]]:
        return self._drivers.audit_trail.entries(self.run.arn)

    @cached_property
    def rejected(self) -> list[dict[str, Any]]:
        """The line_number, user_id and reason of each rejected record, in order."""
        return self._drivers.database.ask("rejected", **self.version)

    @cached_property
    def plan(self) -> list[tuple[int, int]]:
        """(chunk, records) in order of chunk."""
        return [(row["chunk"], row["record_count"]) for row in self._drivers.database.ask("chunks", **self.version)]

    @cached_property
    def stores(self) -> Stores:
        """The contents of the four stores for this run, once its log is complete."""
        logged = [_chunk(line.fields) for line in holding(self.lines, SUCCESS) if "chunk" in line.fields]
        return replace(self.read_stores(), logged=logged)

    def read_stores(self) -> Stores:
        """Return what all stores but the logs hold; the statistics are read anew, since other files may have come."""
        return Stores(
            records=self.file.records,
            before=counts_by_user(self.before.values()),
            after=self._read_counts(),
            plan=self.plan,
            rejected=[Rejection(row["line_number"], row["user_id"] or "", row["reason"]) for row in self.rejected],
            audited=[_chunk(entry) for entry in self.audit if entry.get("phase") == "completion" and "chunk" in entry],
            jobs=jobs_of(self.jobs),
        )

    def _read_counts(self) -> dict[str, Counts]:
        """Read the counts of the users in `before` and of the file's, as `statistics` has them."""
        database, users, has_summed_up = self._drivers.database, [*self.file.users], OTHERS in self.before
        is_part = has_summed_up or self._drivers.environment.shared
        found = read_counts(database, users, self.run.arn if is_part else None)
        return found | counts_by_user([_sum_up_others(database, users)]) if has_summed_up else found

    @cached_property
    def fates(self) -> Fates:
        return reconcile(self.stores)

    @property
    def version(self) -> dict[str, str]:
        """The uploaded version, as parameters of the files under sql/."""
        return {"bucket": self.upload.bucket, "key": self.upload.key, "version_id": self.upload.version_id}


def find_execution(drivers: Drivers, upload: Upload, *, within: float | None = None) -> Start:
    """Wait for the execution started by an upload, up to `within` seconds, or else patience.start."""
    try:
        patience = within or drivers.environment.patience.start
        return Start(drivers.workflow.started_by(upload, within=patience), "event")
    except NotSeen as unseen:
        return Start(None, "none", str(unseen))


def start_execution(drivers: Drivers, upload: Upload, why: str) -> Start:
    """Start the execution of an upload as an operator does."""
    return Start(drivers.workflow.start_for(upload), "manual", why)


_FEW = 10_000
OTHERS = "(all others)"
"""In the place of a user: the sums and the checksum of all others' statistics, where these are more than _FEW."""


def read_statistics(database: Database, users: Iterable[str], execution: str = "") -> Statistics:
    """Return the current rows of user_statistics, by user; where others have many, theirs as one row, under OTHERS.

    `execution`: also return each row that this one has added to. The row of all others has their number as `users`.
    """
    others = _sum_up_others(database, users)
    if others["users"] <= _FEW:
        return {row["user_id"]: row for row in database.ask("statistics")}
    rows = database.ask("statistics_of_users", users=_write_array(users), execution=execution)
    return {row["user_id"]: row for row in [*rows, others]}


def _sum_up_others(database: Database, users: Iterable[str]) -> dict[str, Any]:
    row = database.row("statistics_of_others", users=_write_array(users))
    return {**row, "user_id": OTHERS, "last_execution_id": None}


def read_counts(database: Database, users: Iterable[str], execution: str | None = None) -> dict[str, Counts]:
    """Return the counts in each row of user_statistics; of a million in a quarter of `read_statistics`'s memory.

    `execution`: return only the rows of these users and those that it has added to.
    """
    columns = "user_id", "login_count", "post_count"
    if execution is None:
        rows = database.each("statistics", columns)
    else:
        rows = database.each("statistics_of_users", columns, users=_write_array(users), execution=execution)
    found: dict[str, Any] = dict.fromkeys(users)  # a user's text is kept once, as it is here, which saves 59 MB
    for user, logins, posts in rows:
        found[user] = counts(logins, posts)
    for user in [user for user, held in found.items() if held is None]:
        del found[user]
    return found


def _write_array(texts: Iterable[str]) -> str:
    """Return PostgreSQL's text of an array; psycopg's own of a million users takes 240 MB more for a moment."""
    elements = "\0".join(texts).replace("\\", r"\\").replace('"', r"\"").replace("\0", '","')
    return f'{{"{elements}"}}'


def count_rows(statistics: Statistics) -> int:
    """Return how many rows of user_statistics these stand for."""
    return sum(row.get("users", 1) for row in statistics.values())


def counts_by_user(rows: Iterable[dict[str, Any]]) -> dict[str, Counts]:
    """Return the counts of each user in these rows of user_statistics."""
    return {row["user_id"]: counts(row["login_count"], row["post_count"]) for row in rows}


def jobs_of(items: Iterable[dict[str, Any]]) -> list[Job]:
    """Return the batch jobs in these items of the table batch-jobs."""
    return [Job(each.get("status"), each.get("records_applied", 0), each.get("records_rejected", 0)) for each in items]


def _chunk(entry: dict[str, Any]) -> Chunk:
    return Chunk(entry.get("chunk", -1), entry.get("records_applied", 0), entry.get("records_rejected", 0))
