"""The one step that closes a scenario of faults: every record counts once, whatever happened, and nothing is left."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pytest_bdd import then

from steps.aftermath import Aftermath, Processed, Rejection, left_wrong
from steps.deliveries import Delivery, Drivers, Statistics, statistics_of
from steps.drivers.reconciliation import Chunk
from steps.drivers.waiting import NotSeen
from steps.drivers.workflow import Run
from steps.finding import Finding

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
    """Holds all that these files have come to against what must hold, and shows that each part of it can be missed."""
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
    """What the stores hold, once the functions' sessions have ended or were given their time."""
    files = [_processed(delivery, drivers) for delivery in deliveries]
    with suppress(NotSeen):  # what is left is evidence
        drivers.connections.gone(drivers.database, within=PATIENCE)
    return Aftermath(
        files,
        _counts(deliveries[0].before),
        _counts(statistics_of(drivers.database)),
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
    """Nobody writes the end of an execution that was stopped, or whose handling of its error failed."""
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
    """The same evidence with one deviation of each kind."""
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
