"""Steps about restarted executions, redelivered events and repeated uploads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from pytest_bdd import parsers, then, when

from steps.diagnoses.ids import Diagnosis
from steps.drivers.execution_history import reached
from steps.drivers.locks import NotRestarted, restart
from steps.drivers.logs import holding
from steps.robustness.injected_faults import InjectedFaults
from steps.run.attachments import tell_lock
from steps.run.custom_file import OwnFile
from steps.run.delivery import Delivery, Drivers, Start, counts_by_user, read_statistics
from steps.suite.finding import Finding
from steps.verdict.messages import phrase
from steps.verdict.words import enumerate_items


@when("the file is started again", target_fixture="delivery")
def started_again(delivery: Delivery, drivers: Drivers) -> Delivery:
    restarted = delivery.with_execution(Start(restart(delivery.upload, drivers.locks, drivers.workflow), "manual"))
    restarted.wait_until_ended()
    return restarted


@when("its event is delivered again", target_fixture="second")
def delivered_again(delivery: Delivery, drivers: Drivers, faults: InjectedFaults) -> Delivery:
    delivery.wait_until_started()
    faults.wait_for_all()
    return _redeliver(str(delivery.start.arn), delivery, drivers)


@when("its event is delivered again after its end", target_fixture="second")
def delivered_after_end(delivery: Delivery, drivers: Drivers, finding: Finding) -> Delivery:
    if delivery.run.status != "SUCCEEDED":
        finding.not_checked(f"the execution {delivery.run.status}, and a pipeline in trouble is not asked twice")
    return _redeliver(delivery.run.arn, delivery, drivers)


def _redeliver(first: str, delivery: Delivery, drivers: Drivers) -> Delivery:
    """Start an execution with the input of the first, as a second event does, and wait for its end."""
    second = delivery.with_execution(Start(drivers.workflow.start(drivers.workflow.input_of(first)), "event"))
    second.wait_until_ended()
    return second


@when("the same file is delivered once more", target_fixture="delivery")
def delivered_once_more(own_file: OwnFile) -> Delivery:
    delivery = own_file.upload()
    delivery.wait_until_ended()
    return delivery


@when(parsers.parse("another file of {count:d} records is delivered under its name"), target_fixture="second")
def overwritten(
    count: int, delivery: Delivery, drivers: Drivers, faults: InjectedFaults, own_file: OwnFile, cleaning_up: ExitStack
) -> Delivery:
    delivery.wait_until_started()
    faults.wait_for_all()
    other = OwnFile(drivers, cleaning_up, own_file.header, own_file.name)
    other.fill(count)
    second = other.upload()
    faults.remove_all()
    delivery.wait_until_ended()
    second.wait_until_ended()
    return second


@when("the same content is delivered under another name", target_fixture="delivery")
def delivered_under_another_name(own_file: OwnFile) -> Delivery:
    own_file.name = f"again-{own_file.name}"
    return delivered_once_more(own_file)


@then("it is told of no other file of the same content")
def told_of_none(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    _check_same_content(delivery, drivers, (None, None, []), finding)


@then("it is told that the file before it has the same content")
def told_of_the_first(delivery: Delivery, drivers: Drivers, own_file: OwnFile, finding: Finding) -> None:
    first = own_file.uploads[-2]
    due = (first.file_id, first.file_id, [f"same content as version {first.version_id}"])
    _check_same_content(delivery, drivers, due, finding)


SameContent = tuple[str | None, str | None, list[str]]
"""The same-content notices in processing-metadata, in the summary and in the log."""


def _check_same_content(delivery: Delivery, drivers: Drivers, due: SameContent, finding: Finding) -> None:
    got = _same_content(delivery, drivers)
    told, wanted = (
        phrase("same-content", metadata=metadata, summary=summary, log=enumerate_items(logged))
        for metadata, summary, logged in (got, due)
    )
    finding.holds(got == due, "same-content-told", wanted=wanted, got=told)


def _same_content(delivery: Delivery, drivers: Drivers) -> SameContent:
    delivery.wait_until_logged()
    metadata = drivers.audit_trail.metadata(delivery.upload)["csv-validation"]
    summary = json.loads(drivers.inbox.result(delivery.upload, "summary.json"))
    logged = [str(line.fields["message"]) for line in holding(delivery.lines, "same content as")]
    return metadata.get("same_content_as"), summary.get("same_content_as"), logged


@when("its lock has expired")
def lock_expired(delivery: Delivery, drivers: Drivers) -> None:
    drivers.locks.expire(delivery.upload)


@then("its lock is still held")
def lock_held(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    lock = drivers.locks.of(delivery.upload)
    is_held = lock is not None and (lock.owner, lock.state) == (delivery.run.arn, "held")
    finding.holds(is_held, "lock-held", owner=delivery.run.arn, got=tell_lock(lock))


@then("its lock is given back")
def lock_given_back(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    lock = drivers.locks.of(delivery.upload)
    if lock is not None:
        finding.suspect(Diagnosis.LOCK_LEFT, tell_lock(lock).en)
    finding.holds(lock is None, "lock-given-back", got=tell_lock(lock))


@then("the second execution leaves it to the first")
def left_to_first(delivery: Delivery, second: Delivery, finding: Finding) -> None:
    run = second.run
    first = delivery.start.arn
    is_left = run.status == "SUCCEEDED" and run.output == {"duplicate_of": first}
    finding.holds(is_left, "left-to-the-first", first=first, got=run.duplicate_of, evidence=str(run))
    steps = {entry["step"] for entry in second.audit}
    finding.holds(steps == {"csv-validation"}, "validated-alone", got=enumerate_items(sorted(steps)))
    finding.equal(len(second.jobs), 0, "batch-jobs-counted")


@then("the second execution answers with the first, and both are found for the upload")
def answers_with_first(delivery: Delivery, second: Delivery, drivers: Drivers, finding: Finding) -> None:
    first, again = delivery.run, second.run
    if again.duplicate_of != first.arn:
        finding.suspect(Diagnosis.REDELIVERY_PROCESSED, str(again))
    is_left = again.duplicate_of == first.arn
    finding.holds(is_left, "left-to-the-first", first=first.arn, got=again.duplicate_of)
    found = drivers.workflow.executions_of(delivery.upload)
    finding.holds({first.arn, again.arn} <= set(found), "both-executions-found", found=len(found))


@then("the second execution has added the other file's records")
def second_added(second: Delivery, drivers: Drivers, finding: Finding) -> None:
    _check_succeeded(second, finding)
    due, found = second.file.sums(), counts_by_user(read_statistics(drivers.database, second.file.sums()).values())
    got = {user: counts for user, counts in found.items() if user in due}
    _check_statistics(got, due, finding)


@then("the second execution finds every chunk done")
def all_done(delivery: Delivery, second: Delivery, finding: Finding) -> None:
    run = second.run
    _check_succeeded(second, finding)
    totals = [each.output["records_applied"] for each in (delivery.run, run)]
    finding.equal(totals[1], totals[0], "applied-again")
    got, wanted = str(reached(run.history)), str(reached(delivery.run.history))
    finding.equal(got, wanted, "reached-again")


def _check_succeeded(delivery: Delivery, finding: Finding) -> None:
    run = delivery.run
    finding.holds(
        run.status == "SUCCEEDED",
        "execution-status",
        status="SUCCEEDED",
        got=run.status,
        seconds=run.seconds,
        evidence=str(run),
    )


def _check_statistics(got: Mapping[str, Any], due: Mapping[str, Any], finding: Finding) -> None:
    wrong = [user for user in due if got.get(user) != due[user]]
    finding.holds(got == due, "statistics-as-due", users=len(due), wrong=len(wrong), where=enumerate_items(wrong))


@then(parsers.parse("the file cannot be started again {when}"))
def not_restarted(when: str, delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    due = {"while it is processed": "still runs", "once it is done": "has completed"}[when]
    try:
        said = restart(delivery.upload, drivers.locks, drivers.workflow)
    except NotRestarted as refused:
        said = str(refused)
    finding.holds(due in said, "start-refused", why=due, got=said)


@then("its users have each record twice")
def twice(delivery: Delivery, finding: Finding) -> None:
    due = {user: counts + counts for user, counts in delivery.file.sums().items()}
    found = delivery.counts
    _check_statistics({user: found.get(user) for user in due}, due, finding)


@then(parsers.parse("it has {count:d} chunks"))
def chunks(count: int, delivery: Delivery, finding: Finding) -> None:
    finding.equal(len(delivery.plan), count, "chunks-planned")
