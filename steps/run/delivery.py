"""A delivery and its evidence, each piece fetched at most once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from sys import intern
from typing import Any, Generic, Literal, TypeVar

import pytest

from steps.drivers.activity_file import ActivityFile
from steps.drivers.audit_trail import AuditTrail
from steps.drivers.connections import Connections, Sightings
from steps.drivers.event_rule import Trigger
from steps.drivers.execution_history import Reached
from steps.drivers.locks import Locks
from steps.drivers.logs import LogLine, Logs, Tail, holding, without_others
from steps.drivers.postgres import Database
from steps.drivers.s3 import Inbox, Upload
from steps.drivers.step_functions import Run, Workflow
from steps.drivers.waiting import NotSeen
from steps.results.reconciliation import Chunk, Counts, Fate, Stores, reconcile
from steps.targets.environment import Environment

Owner = TypeVar("Owner")
T = TypeVar("T")


class once(Generic[Owner, T]):  # noqa: N801
    """A cached property that also caches an exception or a skip, so that no wait that timed out is repeated."""

    def __init__(self, ask: Callable[[Owner], T]) -> None:
        self._ask, self.__doc__ = ask, ask.__doc__

    def __set_name__(self, owner: type[Owner], name: str) -> None:
        self._name = name

    def __get__(self, instance: Owner, owner: type[Owner]) -> T:
        kept: dict[str, Future[Any]] = vars(instance).setdefault("_kept", {})
        if self._name not in kept:
            answer = Future[T]()
            try:
                answer.set_result(self._ask(instance))
            except (Exception, pytest.skip.Exception) as error:
                answer.set_exception(error)
            kept[self._name] = answer
        result: T = kept[self._name].result()
        return result


SUCCESS = "EVENT_PROCESSED_SUCCESSFULLY"
STEPS = ("csv-validation", "csv-split", "csv-merge", "batch-status-update")
CHUNK_STEP = "csv-chunk-processing"
Statistics = dict[str, dict[str, Any]]
"""Every row of user_statistics, by user."""


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
class Look:
    """One look at a running execution: seconds since its start, its progress, its log lines, its open sessions."""

    seconds: float
    reached: Reached
    lines: int
    sessions: int


class Onlooker:
    """Receives the progress of a delivery; this base class ignores it."""

    def started(self, start: Start) -> None: ...

    def looked(self, look: Look) -> None: ...

    def ended(self, run: Run) -> None: ...


class Delivery:
    """An upload under one execution; everything after the upload is fetched once, on first access."""

    def __init__(
        self,
        file: ActivityFile,
        upload: Upload,
        before: Statistics,
        drivers: Drivers,
        start: Callable[[Upload], Start],
        onlooker: Onlooker | None = None,
    ) -> None:
        """`before`: the statistics when the file was uploaded. `start`: finds or starts the execution."""
        self.file, self.upload, self._before = file, upload, before
        self._drivers, self._start, self._onlooker = drivers, start, onlooker or Onlooker()
        self.sightings = Sightings()
        self.tail = Tail(drivers.logs, upload.at)

    def again(self, start: Start) -> Delivery:
        """Return the same upload under another execution."""
        return Delivery(self.file, self.upload, self._before, self._drivers, lambda _: start)

    @property
    def before(self) -> Statistics:
        """The comparable rows of user_statistics when the file was uploaded."""
        return self._comparable(self._before)

    @once
    def start(self) -> Start:
        start = self._start(self.upload)
        self._onlooker.started(start)
        return start

    @once
    def run(self) -> Run:
        """The execution after its end; skips if there is none."""
        if self.start.arn is None:
            pytest.skip("the upload started no execution, so there is none to look at")
        workflow, within = self._drivers.workflow, self._drivers.environment.patience.end
        with self._drivers.connections.watched() as self.sightings:
            run = workflow.ended(self.start.arn, within=within, watch=self._look)
            if self.start.by == "manual" and run.duplicate_of:  # the event came late; its execution processes the file
                self._onlooker.started(replace(self.start, arn=run.duplicate_of))
                run = workflow.ended(run.duplicate_of, within=within, watch=self._look)
        self._onlooker.ended(run)
        return run

    def wait_until_started(self) -> None:
        """Find or start the execution, unless that was done before."""
        _ = self.start

    def wait_until_ended(self) -> None:
        """Follow the execution to its end, unless that was done before."""
        _ = self.run

    def _look(self, seconds: float, reached: Reached) -> None:
        self.tail.look()
        self._onlooker.looked(Look(seconds, reached, len(self.tail.lines), len(self.sightings.now)))

    @once
    def statistics(self) -> Statistics:
        """The comparable rows of user_statistics after the run."""
        self.wait_until_ended()
        return self._comparable(statistics_of(self._drivers.database))

    def _comparable(self, statistics: Statistics) -> Statistics:
        """In a shared account, where other rows change too, keep only rows of the file's users or of this execution."""
        if not self._drivers.environment.shared:
            return statistics
        ours, arn = self.file.sums(), self.run.arn
        return {user: row for user, row in statistics.items() if user in ours or row["last_execution_id"] == arn}

    @once
    def lines(self) -> list[LogLine]:
        """The functions' log lines since the upload, without other executions', after each invocation's REPORT."""
        ids = [task.request_id for task in self.run.tasks if task.request_id]
        patience = self._drivers.environment.patience.logs
        return without_others(self._drivers.logs.complete(self.upload.at, ids, within=patience), self.run.arn)

    @once
    def jobs(self) -> list[dict[str, Any]]:
        return self._drivers.audit_trail.jobs(self.run.name)

    @once
    def audit(self) -> list[dict[str, Any]]:
        return self._drivers.audit_trail.entries(self.run.arn)

    @once
    def rejected(self) -> list[dict[str, Any]]:
        """The line_number, user_id and reason of each rejected record, in order."""
        self.wait_until_ended()
        return self._drivers.database.ask("rejected", **self.version)

    @once
    def stores(self) -> Stores:
        """The contents of the four stores for this run."""
        return Stores(
            records=self.file.records,
            before=counts(self.before.values()),
            after=counts(self.statistics.values()),
            plan=[(row["chunk"], row["record_count"]) for row in self._drivers.database.ask("chunks", **self.version)],
            rejected={row["line_number"]: row["reason"] for row in self.rejected},
            audited=[_chunk(entry) for entry in self.audit if entry.get("phase") == "completion" and "chunk" in entry],
            logged=[_chunk(line.fields) for line in holding(self.lines, SUCCESS) if "chunk" in line.fields],
            job=_chunk(self.jobs[0]) if self.jobs else None,
        )

    @once
    def fates(self) -> list[Fate]:
        return list(reconcile(self.stores))

    @property
    def version(self) -> dict[str, str]:
        """The uploaded version, as parameters of the files under sql/."""
        return {"bucket": self.upload.bucket, "key": self.upload.key, "version_id": self.upload.version_id}


def by_itself(drivers: Drivers) -> Callable[[Upload], Start]:
    """Return a function that waits for the execution started by an upload, up to patience.start seconds."""

    def start(upload: Upload) -> Start:
        try:
            arn = drivers.workflow.started_by(upload, within=drivers.environment.patience.start)
        except NotSeen as unseen:
            return Start(None, "none", str(unseen))
        return Start(arn, "event")

    return start


def by_hand(drivers: Drivers, why: str) -> Callable[[Upload], Start]:
    """Return a function that starts the execution as an operator does."""
    return lambda upload: Start(drivers.workflow.start_for(upload), "manual", why)


def statistics_of(database: Database) -> Statistics:
    """Return every current row of user_statistics, by user."""
    return {row["user_id"]: row for row in database.ask("statistics")}


def counts(rows: Iterable[dict[str, Any]]) -> dict[str, Counts]:
    """Return (logins, posts) of each user in these rows of user_statistics."""
    return {intern(row["user_id"]): (row["login_count"], row["post_count"]) for row in rows}


def _chunk(entry: dict[str, Any]) -> Chunk:
    return Chunk(entry.get("chunk", -1), entry.get("records_applied", 0), entry.get("records_rejected", 0))
