"""Steps about what a job leaves behind: its lock, its results, and how its counts were written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pytest_bdd import parsers, then

from steps.diagnoses.ids import Diagnosis
from steps.drivers.activity_file import ActivityFile
from steps.drivers.locks import Lock
from steps.run.attachments import tell_lock
from steps.run.delivery import Delivery, Drivers
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.targets.settings import Settings
from steps.verdict.japanese import translate
from steps.verdict.words import enumerate_items

_RESULTS = {"summary.json", "rejected.csv"}
_LONGEST = timedelta(minutes=15)
"""The longest duration of an execution; two times within one are no further apart."""


@then(parsers.parse("its lock is done, and expires {seconds:d} seconds after the start of the execution"))
def lock_done(seconds: int, delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    run, lock = delivery.run, drivers.locks.of(delivery.upload)
    due = Lock(run.arn, "done", int(run.started.timestamp()) + seconds)
    if run.status == "SUCCEEDED":
        finding.deviations += compare_lock(lock, due)
    finding.holds(lock == due, "lock-done", seconds=seconds, got=tell_lock(lock), where=tell_lock(due))
    finding.control("a lock in milliseconds", bool(compare_lock(replace(due, expires_at=due.expires_at * 1000), due)))


def compare_lock(lock: Lock | None, due: Lock) -> list[Deviation]:
    """Return a deviation unless the lock of a completed job is `due`."""
    if lock == due:
        return []
    held = lock is not None and replace(lock, state="done") == due
    return [
        Deviation(
            Diagnosis.LOCK_LEFT if held else Diagnosis.LOCK_WRONG,
            f"{tell_lock(lock).en} instead of {tell_lock(due).en}",
        )
    ]


@then("its results are in the bucket, and hold no rejected record")
def results_kept(delivery: Delivery, drivers: Drivers, settings: Settings, finding: Finding) -> None:
    results = drivers.inbox.results(delivery.upload)
    due = _RESULTS | ({settings.rejections} if settings.rejections else set())
    if missing := ", ".join(sorted(due - results.keys())):
        finding.suspect(Diagnosis.RESULTS_MISSING, f"there is no {missing}")
    wanted, got = (", ".join(sorted(names)) for names in (due, results))
    finding.holds(not missing, "results-in-the-bucket", wanted=wanted, got=got or None)
    rejected = ActivityFile.of("rejected.csv", results["rejected.csv"])
    finding.equal(len(rejected.records), 0, "none-rejected")


@then("what its summary tells of the file is true")
def summary_true(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    """Pipelines tell what they like; what goes by one of these names has to be it."""
    upload, file = delivery.upload, delivery.file
    due: dict[str, Any] = {
        **{"bucket": upload.bucket, "key": upload.key, "version_id": upload.version_id},
        **{"execution_id": delivery.run.arn, "sha256": hashlib.sha256(file.content).hexdigest()},
        **{"records_total": len(file.records), "records_applied": len(file.records), "records_rejected": 0},
    }
    told = json.loads(drivers.inbox.result(upload, "summary.json"))
    finding.none(find_false_statements(told, due), "summary-true", file="summary.json")
    finding.control("a summary of another file", bool(find_false_statements(due | {"key": "another"}, due)))


def find_false_statements(told: Mapping[str, Any], due: Mapping[str, Any]) -> list[Deviation]:
    """Return the fields of a summary that are not as due; fields that it leaves out are not judged."""
    return [
        Deviation(Diagnosis.RESULTS_MISSING, f"summary.json has {name} = {told[name]}, not {value}")
        for name, value in due.items()
        if name in told and told[name] != value
    ]


@then("each chunk's counts were added together with its plan")
def added_together(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    """Equal times prove one transaction, since now() is constant in it."""
    users = delivery.file.sums().keys()
    written = {user: row["updated_at"] for user, row in delivery.statistics.items() if user in users}
    plan = [row.get("updated_at") for row in drivers.database.ask("chunks", **delivery.version)]
    finding.none(find_separate_writes(written, plan), "counts-with-their-chunk", users=len(written))
    if written:
        later = {user: at + timedelta(microseconds=n) for n, (user, at) in enumerate(written.items(), 1)}
        finding.control("counts added a microsecond apart", bool(find_separate_writes(later, plan)))


def find_separate_writes(written: Mapping[str, datetime], plan: Sequence[datetime | None]) -> list[Deviation]:
    """Return the users whose statistics have an updated_at that no chunk of the plan has.

    If the plan has no updated_at, the statistics may have at most one distinct time per chunk.
    """
    due = [at for at in plan if at is not None]
    if not due:
        moments = len(set(written.values()))
        text = f"{moments} transactions have written the statistics of {len(plan)} chunks"
        return [Deviation(Diagnosis.NOT_ATOMIC, text)] if moments > len(plan) else []
    return [
        Deviation(
            Diagnosis.NOT_ATOMIC if min(abs(at - each) for each in due) <= _LONGEST else Diagnosis.UPDATED_AT_WRONG,
            f"{user} was updated at {at}, when no chunk of the plan was",
        )
        for user, at in written.items()
        if at not in due
    ]


@then("no transaction has written its statistics in more than one statement")
def one_statement(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    rows = drivers.database.ask("written_by", users=sorted(delivery.file.sums()))
    many = find_repeated_statements(rows)
    finding.holds(not many, "one-statement", where=enumerate_items([*map(translate, many)]))
    if rows:
        twice = [*rows, {**rows[0], "statement": "another"}]
        finding.control("a second statement", bool(find_repeated_statements(twice)))


def find_repeated_statements(rows: list[dict[str, Any]]) -> list[str]:
    """The transactions that wrote statistics in more than one statement."""
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["transaction"], set()).add(row["statement"])
    return [f"transaction {id}: {len(of)} statements" for id, of in found.items() if len(of) > 1]


@then("the statistics of its users are updated by this execution")
def updated_by_it(delivery: Delivery, finding: Finding) -> None:
    rejected = {row["line_number"] for row in delivery.rejected}
    due = {record.user_id for record in delivery.file.records if record.line not in rejected}
    began, ended = delivery.run.started, delivery.run.ended
    old = [
        user
        for user in sorted(due & delivery.statistics.keys())
        if (row := delivery.statistics[user])["last_execution_id"] != delivery.run.arn
        or not began <= row["updated_at"] <= ended
    ]
    if old:
        finding.suspect(Diagnosis.UPDATED_AT_WRONG, f"not updated by {delivery.run.arn}: {', '.join(old)}")
    finding.holds(not old, "users-updated", users=len(due), old=len(old), where=enumerate_items(old))
