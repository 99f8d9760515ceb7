"""Invariants of the four stores after any fault: each record and each chunk counts once, nothing is left over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from pytest_bdd import then

from steps.diagnoses.ids import Diagnosis
from steps.drivers.activity_file import ZERO, Counts
from steps.drivers.step_functions import Run
from steps.drivers.waiting import NotSeen
from steps.results.reconciliation import Chunk, Job, Rejection, Stores
from steps.results.rejections import read_rejections
from steps.robustness.injected_faults import PATIENCE
from steps.run.delivery import Delivery, Drivers, jobs_of
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding


@dataclass(frozen=True)
class Outcome:
    """The outcome of a delivery under its last execution, whose ARN and status are `execution` and `status`.

    stores: all but the logs. kept: the rejected records in S3. lock: its owner and state. jobs: the batch jobs of each
    execution of the upload, without those executions that could not record their end.
    """

    name: str
    execution: str
    status: str
    stores: Stores
    kept: Sequence[Rejection]
    lock: tuple[str, str] | None
    jobs: Mapping[str, Sequence[Job]]


@dataclass(frozen=True)
class Evidence:
    """The outcomes of all files of a scenario, and the functions' sessions that are still open."""

    outcomes: Sequence[Outcome]
    sessions: Sequence[str]


def check_invariants(evidence: Evidence) -> list[Deviation]:
    """Return a deviation for each record lost or doubled, each disagreement of stores, and each leftover."""
    found = [(each.name, *deviation) for each in evidence.outcomes for deviation in _check_outcome(each)]
    return [
        *(Deviation(diagnosis, f"{name}: {text}") for name, diagnosis, text in found),
        *_check_statistics([outcome.stores for outcome in evidence.outcomes]),
        *(Deviation(Diagnosis.SESSIONS_LEFT, f"a session is left open: {name}") for name in evidence.sessions),
    ]


def _check_outcome(outcome: Outcome) -> Iterator[Deviation]:
    stores, records = outcome.stores, len(outcome.stores.records)
    if outcome.status != "SUCCEEDED":
        yield Deviation(Diagnosis.STATE_FAILED, f"the execution is {outcome.status}")
    if stores.planned != records:
        yield Deviation(Diagnosis.CHUNK_LOST, f"the plan holds {stores.planned} records, and the file {records}")
    applied, rejected = sum(each.applied for each in stores.audited), sum(each.rejected for each in stores.audited)
    if applied + rejected != records:
        told = f"{applied} records are applied and {rejected} rejected by the audit trail, and the file has {records}"
        yield Deviation(Diagnosis.AUDIT_INCOMPLETE, told)
    for chunk, count in stores.plan:
        completions = [each.applied + each.rejected for each in stores.audited if each.number == chunk]
        if completions != [count]:
            told = f"the audit trail accounts for chunk {chunk} of {count} records by {completions or 'nothing'}"
            yield Deviation(Diagnosis.AUDIT_INCOMPLETE, told)
    if Counter(stores.rejected) != Counter(outcome.kept) or rejected != len(stores.rejected):
        others = f"{rejected} by the audit trail, and {len(outcome.kept)} kept in S3"
        told = f"{len(stores.rejected)} records are rejected by the database, {others}"
        yield Deviation(Diagnosis.RESULTS_MISSING, told)
    if outcome.lock != (outcome.execution, "done"):
        is_held = outcome.lock == (outcome.execution, "held")
        told = f"the lock is {outcome.lock}, and not done by {outcome.execution}"
        yield Deviation(Diagnosis.LOCK_LEFT if is_held else Diagnosis.LOCK_WRONG, told)
    for execution, found in outcome.jobs.items():
        jobs, due = [tuple(job) for job in found], [("COMPLETED", applied, rejected)]
        if execution == outcome.execution and jobs != due:
            is_running = any(job.status == "RUNNING" for job in found)
            diagnosis = Diagnosis.JOB_LEFT_RUNNING if is_running else Diagnosis.JOB_WRONG
            yield Deviation(diagnosis, f"the batch job is {jobs}, and not {due}")
        if execution != outcome.execution and any(job.status == "RUNNING" for job in found):
            yield Deviation(Diagnosis.JOB_LEFT_RUNNING, f"the batch job of {execution}, which has ended, is RUNNING")


def _check_statistics(files: Sequence[Stores]) -> Iterator[Deviation]:
    """Compare the statistics after the last file with those before the first and the records of all."""
    due, after = dict(files[0].before), files[-1].after
    for record in (record for file in files for record in file.accepted):
        due[record.user_id] = due.get(record.user_id, ZERO) + record.counts
    for user in sorted(due.keys() | after.keys()):
        if (got := after.get(user)) != due.get(user):
            theirs = any(record.user_id == user for file in files for record in file.accepted)
            more = sum(got or ZERO) > sum(due.get(user) or ZERO)
            changed = Diagnosis.RECORDS_DOUBLED if more else Diagnosis.RECORDS_LOST
            yield Deviation(
                changed if theirs else Diagnosis.OTHERS_ALTERED,
                f"the statistics of {user} are {got}, and not {due.get(user)}",
            )


_ERROR_HANDLING = "Handle the error"
_TOLD = 10
"""Deviations of a scenario that are told; one fault may concern every record."""


@then("every record counts exactly once, and nothing is left over")
def counts_once(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    judge([delivery], drivers, finding)


@then("every record of each of them counts exactly once, and nothing is left over")
def each_counts_once(deliveries: list[Delivery], drivers: Drivers, finding: Finding) -> None:
    judge(deliveries, drivers, finding)


def judge(deliveries: Sequence[Delivery], drivers: Drivers, finding: Finding) -> None:
    """Check the invariants for these deliveries; controls prove that each kind of deviation would be found."""
    evidence = read_evidence(deliveries, drivers)
    wrong = check_invariants(evidence)
    records = sum(len(each.stores.records) for each in evidence.outcomes)
    finding.none(wrong[:_TOLD], "counted-once", records=records, wrong=len(wrong))
    for deviation, planted in _plant_deviations(evidence):
        finding.control(deviation, len(check_invariants(planted)) > len(wrong))


def read_evidence(deliveries: Sequence[Delivery], drivers: Drivers) -> Evidence:
    """Read the stores after all executions and the functions' sessions have ended, or PATIENCE have passed."""
    runs = [_wait_for_executions(delivery, drivers) for delivery in deliveries]
    with suppress(NotSeen):  # sessions still open are evidence
        drivers.connections.gone(drivers.database, within=PATIENCE)
    outcomes = [_read_outcome(*each, drivers) for each in zip(deliveries, runs, strict=True)]
    return Evidence(outcomes, drivers.connections.open(drivers.database))


def _wait_for_executions(delivery: Delivery, drivers: Drivers) -> list[Run]:
    workflow, patience = drivers.workflow, drivers.environment.patience.end
    return [workflow.ended(arn, within=patience) for arn in workflow.executions_of(delivery.upload)]


def _read_outcome(delivery: Delivery, runs: Sequence[Run], drivers: Drivers) -> Outcome:
    lock = drivers.locks.of(delivery.upload)
    kept = read_rejections(drivers.inbox.results(delivery.upload).get("rejections.csv"))
    return Outcome(
        name=delivery.file.name,
        execution=delivery.run.arn,
        status=delivery.run.status,
        stores=delivery.read_stores(),
        kept=[Rejection(int(line), user, reason) for line, user, reason in kept],
        lock=(lock.owner, lock.state) if lock else None,
        jobs={run.arn: jobs_of(drivers.audit_trail.jobs(run.name)) for run in runs if _has_recorded_end(run)},
    )


def _has_recorded_end(run: Run) -> bool:
    """False if the execution was stopped or its error handling failed, so that nothing recorded its end."""
    handled = [task.error is None for task in run.tasks if task.state == _ERROR_HANDLING]
    return run.status != "ABORTED" and handled[-1:] != [False]


def _plant_deviations(found: Evidence) -> Iterator[tuple[str, Evidence]]:
    """Yield copies of the evidence, each with one planted deviation."""
    *others, last = found.outcomes
    stores = last.stores
    user = stores.records[0].user_id
    unknown = Rejection(0, user, "UserNotFoundError")

    def with_last(**changes: Any) -> Evidence:
        return replace(found, outcomes=[*others, replace(last, **changes)])

    def with_stores(**changes: Any) -> Evidence:
        return with_last(stores=replace(stores, **changes))

    more = stores.after.get(user, ZERO) + Counts(1, 0)
    yield "an altered count", with_stores(after={**stores.after, user: more})
    yield "somebody else's statistics", with_stores(after={**stores.after, "U99999": Counts(1, 1)})
    yield "a chunk left out of the plan", with_stores(plan=stores.plan[1:])
    twice = [*stores.audited, *stores.audited[:1], Chunk(0, 0, 0)]
    yield "a chunk accounted for twice", with_stores(audited=twice)
    yield "a rejected record that S3 lacks", with_stores(rejected=[*stores.rejected, unknown])
    yield "a rejected record twice in S3", with_last(kept=[*last.kept, unknown])
    yield "a lock still held", with_last(lock=(last.execution, "held"))
    yield "a job left running", with_last(jobs={**last.jobs, "another": [Job("RUNNING", 0, 0)]})
    yield "a session left open", replace(found, sessions=[*found.sessions, "planted"])
