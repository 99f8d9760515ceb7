"""Invariants of the four stores after any fault: each record and each chunk counts once, nothing is left over."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from pytest_bdd import then

from steps.drivers.activity_file import Record
from steps.drivers.step_functions import Run
from steps.drivers.waiting import NotSeen
from steps.results.reconciliation import Chunk, Counts
from steps.run.delivery import Delivery, Drivers, Statistics, read_statistics
from steps.suite.finding import Finding

Rejection = tuple[int, str, str]
"""(line, user, reason)"""


@dataclass(frozen=True)
class Processed:
    """The state of one delivered file in the stores.

    execution, status: ARN and final status of the last execution. plan: (chunk, records). audited: every completion of
    a chunk in the last execution's audit trail. rejected, kept: the rejected records in the database and in S3. lock:
    its owner and state. jobs: each batch job's status, applied and rejected records, by execution; executions that
    could not record their end are left out.
    """

    name: str
    records: Sequence[Record]
    execution: str
    status: str
    plan: Sequence[tuple[int, int]]
    audited: Sequence[Chunk]
    rejected: Sequence[Rejection]
    kept: Sequence[Rejection]
    lock: tuple[str, str] | None
    jobs: Mapping[str, Sequence[tuple[str, int, int]]]


@dataclass(frozen=True)
class Aftermath:
    """All files of a scenario, the statistics before and after them, and the functions' sessions still open."""

    files: Sequence[Processed]
    before: Mapping[str, Counts]
    after: Mapping[str, Counts]
    sessions: Sequence[str]


def left_wrong(aftermath: Aftermath) -> list[str]:
    """Return a sentence for each record lost or doubled, each disagreement of stores, and each leftover."""
    return [
        *(f"{file.name}: {text}" for file in aftermath.files for text in _of_file(file)),
        *_of_statistics(aftermath),
        *(f"a session is left open: {name}" for name in aftermath.sessions),
    ]


def _of_file(file: Processed) -> Iterator[str]:
    if file.status != "SUCCEEDED":
        yield f"the execution is {file.status}"
    planned, records = sum(count for _, count in file.plan), len(file.records)
    if planned != records:
        yield f"the plan holds {planned} records, and the file {records}"
    applied, rejected = sum(each.applied for each in file.audited), sum(each.rejected for each in file.audited)
    if applied + rejected != records:
        yield f"{applied} records are applied and {rejected} rejected by the audit trail, and the file has {records}"
    for chunk, count in file.plan:
        told = [each.applied + each.rejected for each in file.audited if each.number == chunk]
        if told != [count]:
            yield f"the audit trail accounts for chunk {chunk} of {count} records by {told or 'nothing'}"
    if Counter(file.rejected) != Counter(file.kept) or rejected != len(file.rejected):
        others = f"{rejected} by the audit trail, and {len(file.kept)} kept in S3"
        yield f"{len(file.rejected)} records are rejected by the database, {others}"
    if file.lock != (file.execution, "done"):
        yield f"the lock is {file.lock}, and not done by {file.execution}"
    for execution, jobs in file.jobs.items():
        due = [("COMPLETED", applied, rejected)] if execution == file.execution else []
        if execution == file.execution and list(jobs) != due:
            yield f"the batch job is {list(jobs)}, and not {due}"
        if execution != file.execution and any(status == "RUNNING" for status, _, _ in jobs):
            yield f"the batch job of {execution}, which has ended, is RUNNING"


def _of_statistics(aftermath: Aftermath) -> Iterator[str]:
    due = dict(aftermath.before)
    for file in aftermath.files:
        lines = {line for line, _, _ in file.rejected}
        for record in file.records:
            if record.line not in lines:
                logins, posts = due.get(record.user_id, (0, 0))
                due[record.user_id] = logins + record.logins, posts + record.posts
    for user in sorted(due.keys() | aftermath.after.keys()):
        if (got := aftermath.after.get(user)) != due.get(user):
            yield f"the statistics of {user} are {got}, and not {due.get(user)}"


PATIENCE = 30
"""Seconds for the functions' last sessions to end."""
_HANDLING = "Handle the error"


@then("every record counts exactly once, and nothing is left over")
def counts_once(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    judge([delivery], drivers, finding)


@then("every record of each of them counts exactly once, and nothing is left over")
def each_counts_once(deliveries: list[Delivery], drivers: Drivers, finding: Finding) -> None:
    judge(deliveries, drivers, finding)


def judge(deliveries: Sequence[Delivery], drivers: Drivers, finding: Finding) -> None:
    """Check the invariants for these deliveries; controls prove that each kind of deviation would be found."""
    found = gathered(deliveries, drivers)
    wrong = left_wrong(found)
    records = sum(len(file.records) for file in found.files)
    finding.holds(
        not wrong,
        wanted=f"{records} records counted once, and nothing left over",
        got=f"{len(wrong)} deviations" if wrong else "so",
        evidence="\n".join(wrong[:10]),
    )
    for deviation, planted in _planted(found):
        finding.control(deviation, len(left_wrong(planted)) > len(wrong))


def gathered(deliveries: Sequence[Delivery], drivers: Drivers) -> Aftermath:
    """Return what the stores hold, after the functions' sessions have ended or PATIENCE has run out."""
    files = [_processed(delivery, drivers) for delivery in deliveries]
    with suppress(NotSeen):  # sessions still open are evidence
        drivers.connections.gone(drivers.database, within=PATIENCE)
    return Aftermath(
        files,
        _counts(deliveries[0].before),
        _counts(read_statistics(drivers.database)),
        drivers.connections.open(drivers.database),
    )


def _processed(delivery: Delivery, drivers: Drivers) -> Processed:
    run = delivery.run
    lock = drivers.locks.of(delivery.upload)
    kept = drivers.inbox.results(delivery.upload).get("rejections.csv", b"").decode()
    return Processed(
        name=delivery.file.name,
        records=delivery.file.records,
        execution=run.arn,
        status=run.status,
        plan=[(row["chunk"], row["record_count"]) for row in drivers.database.ask("chunks", **delivery.version)],
        audited=[_chunk(each) for each in delivery.audit if each["phase"] == "completion" and "chunk" in each],
        rejected=[(row["line_number"], row["user_id"], row["reason"]) for row in delivery.rejected],
        kept=[_rejection(*row) for row in list(csv.reader(kept.splitlines()))[1:]],
        lock=(lock.owner, lock.state) if lock else None,
        jobs={each.arn: _jobs(each, drivers) for each in _runs(delivery, drivers) if _wrote_its_end(each)},
    )


def _runs(delivery: Delivery, drivers: Drivers) -> Iterator[Run]:
    patience = drivers.environment.patience.end
    return (drivers.workflow.ended(arn, within=patience) for arn in drivers.workflow.executions_of(delivery.upload))


def _wrote_its_end(run: Run) -> bool:
    """False if the execution was stopped or its error handling failed, so that nothing recorded its end."""
    handled = [task.error is None for task in run.tasks if task.state == _HANDLING]
    return run.status != "ABORTED" and handled[-1:] != [False]


def _jobs(run: Run, drivers: Drivers) -> list[tuple[str, int, int]]:
    jobs = drivers.audit_trail.jobs(run.name)
    return [(job["status"], job.get("records_applied", 0), job.get("records_rejected", 0)) for job in jobs]


def _chunk(entry: dict[str, Any]) -> Chunk:
    return Chunk(entry["chunk"], entry["records_applied"], entry["records_rejected"])


def _rejection(line: str, user: str, reason: str) -> Rejection:
    return int(line), user, reason


def _counts(statistics: Statistics) -> dict[str, tuple[int, int]]:
    return {user: (row["login_count"], row["post_count"]) for user, row in statistics.items()}


def _planted(found: Aftermath) -> Iterator[tuple[str, Aftermath]]:
    """Yield copies of the evidence, each with one planted deviation."""
    file, *others = found.files
    user = file.records[0].user_id

    def with_file(**changes: object) -> Aftermath:
        return replace(found, files=[replace(file, **changes), *others])  # type: ignore[arg-type]

    logins, posts = found.after.get(user, (0, 0))
    yield "an altered count", replace(found, after={**found.after, user: (logins + 1, posts)})
    yield "somebody else's statistics", replace(found, after={**found.after, "U99999": (1, 1)})
    yield "a chunk left out of the plan", with_file(plan=file.plan[1:])
    yield "a chunk accounted for twice", with_file(audited=[*file.audited, *file.audited[:1], Chunk(0, 0, 0)])
    yield "a rejected record that S3 lacks", with_file(rejected=[*file.rejected, (0, user, "UserNotFoundError")])
    yield "a rejected record twice in S3", with_file(kept=[*file.kept, (0, user, "UserNotFoundError")])
    yield "a lock still held", with_file(lock=(file.execution, "held"))
    yield "a job left running", with_file(jobs={**file.jobs, "another": [("RUNNING", 0, 0)]})
    yield "a session left open", replace(found, sessions=[*found.sessions, "planted"])
