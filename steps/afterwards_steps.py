"""Steps about what a job leaves behind: its lock, its results, and how its counts were written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pytest_bdd import parsers, then

from steps.deliveries import Delivery, Drivers
from steps.deviation import Deviation
from steps.drivers.locks import Lock
from steps.drivers.reconciliation import chunks_by_record
from steps.finding import Finding

RESULTS = {"summary.json", "rejected.csv", "rejections.csv"}
_LONGEST = timedelta(minutes=15)
"""What an execution may take, so that two moments of one are no further apart."""


@then(parsers.parse("its lock is done, and expires {seconds:d} seconds after the start of the execution"))
def lock_done(seconds: int, delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    run, lock = delivery.run, drivers.locks.of(delivery.upload)
    due = Lock(run.arn, "done", int(run.started.timestamp()) + seconds)
    if run.status == "SUCCEEDED":
        finding.deviations += lock_deviations(lock, due)
    finding.equal(lock, due, "as its lock")
    finding.control(
        "a lock in milliseconds", bool(lock_deviations(replace(due, expires_at=due.expires_at * 1000), due))
    )


def lock_deviations(lock: Lock | None, due: Lock) -> list[Deviation]:
    """What it points to that a job that is done has this lock."""
    if lock == due:
        return []
    held = lock is not None and replace(lock, state="done") == due
    return [Deviation("lock-left" if held else "lock-wrong", f"{lock or 'no lock'} instead of {due}")]


@then(parsers.parse("the results in the bucket tell of {applied:d} records applied and {rejected:d} rejected"))
def results_kept(applied: int, rejected: int, delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    assert delivery.run
    results = drivers.inbox.results(delivery.upload)
    if missing := RESULTS - results.keys():
        finding.suspect("results-missing", f"there is no {', '.join(sorted(missing))}")
    finding.equal(sorted(results), sorted(RESULTS), "as results")
    summary = json.loads(results["summary.json"])
    got = (summary.get("records_applied"), summary.get("records_rejected"))
    finding.holds(got == (applied, rejected), wanted=f"{applied} applied, {rejected} rejected", got=str(got))


@then("each chunk's counts were added together with its plan")
def added_together(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    """A transaction has one now(), however long it takes."""
    upload = delivery.upload
    assert delivery.run
    version = {"bucket": upload.bucket, "key": upload.key, "version_id": upload.version_id}
    plan = drivers.database.ask("chunks", **version)
    chunk_of = chunks_by_record(delivery.stores.plan, len(delivery.file.records))
    last = {record.user_id: chunk for record, chunk in zip(delivery.file.records, chunk_of, strict=True)}
    written = {row["chunk"]: row.get("updated_at") for row in plan}
    due = together(last, written, delivery.statistics)
    wrong = apart(delivery.statistics, due)
    finding.none(wrong, wanted=f"the counts of {len(due)} users added with their chunk", got="so")
    if due.keys() & delivery.statistics.keys():
        later = {user: moment + timedelta(microseconds=1) for user, moment in due.items()}
        finding.control("counts added a microsecond apart", bool(apart(delivery.statistics, later)))


def together(
    chunk_of: Mapping[str, int | None], written: Mapping[int, datetime | None], statistics: Mapping[str, Any]
) -> dict[str, datetime]:
    """When each user's statistics have to be written: with their chunk's plan, or at once where that tells no time."""
    first = {chunk: statistics[user]["updated_at"] for user, chunk in chunk_of.items() if user in statistics}
    times = {user: written.get(chunk) or first.get(chunk) for user, chunk in chunk_of.items() if chunk is not None}
    return {user: at for user, at in times.items() if at is not None}


def apart(statistics: Mapping[str, Mapping[str, Any]], due: Mapping[str, datetime]) -> list[Deviation]:
    """The users whose statistics were not written when their chunk's plan was."""
    found = {user: statistics[user]["updated_at"] for user in due if user in statistics}
    return [
        Deviation(
            "not-atomic" if abs(at - due[user]) <= _LONGEST else "updated-at-wrong",
            f"{user} was updated at {at}, and its chunk's plan at {due[user]}",
        )
        for user, at in found.items()
        if at != due[user]
    ]


@then("no transaction has written its statistics in more than one statement")
def one_statement(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    assert delivery.run
    rows = drivers.database.ask("written_by", users=sorted(delivery.file.sums()))
    many = statements(rows)
    finding.holds(not many, wanted="one statement a transaction", got="; ".join(many) or "so")
    if rows:
        twice = [*rows, {**rows[0], "statement": "another"}]
        finding.control("a second statement", bool(statements(twice)))


def statements(rows: list[dict[str, Any]]) -> list[str]:
    """The transactions that wrote statistics by more statements than one."""
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["transaction"], set()).add(row["statement"])
    return [f"transaction {id}: {len(of)} statements" for id, of in found.items() if len(of) > 1]


@then("the statistics of its users are updated by this execution")
def updated_by_it(delivery: Delivery, finding: Finding) -> None:
    due = {record.user_id for record in delivery.file.records if record.line not in delivery.stores.rejected}
    began = delivery.run.started
    old = [
        user
        for user in sorted(due & delivery.statistics.keys())
        if (row := delivery.statistics[user])["last_execution_id"] != delivery.run.arn or row["updated_at"] < began
    ]
    if old:
        finding.suspect("updated-at-wrong", f"not updated by {delivery.run.arn}: {', '.join(old)}")
    finding.holds(not old, wanted=f"{len(due)} users updated by this execution", got=f"{len(due) - len(old)}")
