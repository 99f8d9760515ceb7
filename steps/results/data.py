"""Steps about the data: statistics, batch job, audit trail, and the reconciliation of all stores."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from pytest_bdd import parsers, then

from steps.drivers.audit_trail import Place, gaps
from steps.results.reconciliation import Chunk, Stores, reconcile, totals_that_differ
from steps.run import attachments
from steps.run.delivery import CHUNK_STEP, STEPS, Delivery, Drivers, Statistics, statistics_of
from steps.suite.finding import Finding
from steps.targets.settings import Settings
from steps.verdict.record import Record

_DIAGNOSES = {
    "lost": "records-lost",
    "doubled": "records-doubled",
    "altered": "records-altered",
    "unexpected": "others-altered",
}


@then("the database counts every test user as updated within the hour")
def updated(delivery: Delivery, drivers: Drivers, settings: Settings, finding: Finding) -> None:
    delivery.wait_until_ended()
    users = settings.counts.users
    finding.equal(drivers.database.number("updated_within_the_hour"), users, "test users updated within the hour")


@then("the statistics of the test users equal the file, record by record")
def statistics_equal(delivery: Delivery, finding: Finding) -> None:
    due, statistics = delivery.file.sums(), delivery.statistics
    finding.attach(attachments.of_statistics(delivery))
    finding.holds(
        not (wrong := _differences(due, statistics)),
        wanted=f"the sums of {len(delivery.file.records)} records",
        got=f"{len(due) - len(wrong)} users as in the file" + "".join(f", {each}" for each in wrong[:5]),
    )
    user, (logins, posts) = next(iter(due.items()))
    finding.control("an altered count", bool(_differences(due | {user: (logins + 1, posts)}, statistics)))


def _differences(due: dict[str, tuple[int, int]], statistics: Statistics) -> list[str]:
    nothing = {"login_count": None, "post_count": None}
    found = {user: statistics.get(user, nothing) for user in due}
    got = {user: (row["login_count"], row["post_count"]) for user, row in found.items()}
    return [f"{user}: {got[user]} instead of {want}" for user, want in due.items() if got[user] != want]


@then("the statistics of its users equal the file")
def own_statistics_equal(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    """Query anew, since delivery.statistics is cached: later changes have to show."""
    delivery.wait_until_ended()
    wrong = _differences(delivery.file.sums(), statistics_of(drivers.database))
    finding.holds(not wrong, wanted="the sums of the file's records", got="so" if not wrong else "; ".join(wrong[:5]))


@then("nobody else's statistics have changed")
def others_unchanged(delivery: Delivery, finding: Finding) -> None:
    theirs = delivery.file.sums().keys()
    before = {user: row for user, row in delivery.before.items() if user not in theirs}
    after = {user: row for user, row in delivery.statistics.items() if user not in theirs}
    changed = _changed(before, after)
    finding.holds(
        not changed,
        wanted="all other users' rows as they were",
        got=f"{len(changed)} of {len(before)} changed {', '.join(changed[:5])}".strip(),
    )
    finding.control("somebody else's row", bool(_changed(before, after | {"U99999": {}})))


@then("no statistics change")
def unchanged(delivery: Delivery, finding: Finding) -> None:
    before, after = delivery.before, delivery.statistics
    changed = _changed(before, after)
    finding.holds(
        not changed, wanted="every row as it was", got=f"{len(changed)} changed {', '.join(changed[:5])}".strip()
    )
    user = delivery.file.records[0].user_id
    finding.control("a row of one of its users", bool(_changed(before, after | {user: {}})))


def _changed(before: Statistics, after: Statistics) -> list[str]:
    return sorted(user for user in before.keys() | after.keys() if before.get(user) != after.get(user))


@then(parsers.parse('batch-jobs holds one job for it, "{status}", with every record applied and none rejected'))
def batch_job(status: str, delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    jobs, applied, rejected = delivery.jobs, len(delivery.file.records), 0
    names = drivers.environment.names
    finding.attach(*attachments.of_items("Batch jobs", jobs, names.batch_jobs, names))
    finding.equal(len(jobs), 1, "batch job")
    if jobs[0].get("status") == "RUNNING":
        finding.suspect("job-left-running", str(jobs[0]))
    got = tuple(jobs[0].get(name) for name in ("status", "records_applied", "records_rejected"))
    finding.holds(
        got == (status, applied, rejected),
        wanted=f"{status}, {applied} applied, {rejected} rejected",
        got=f"{got[0]}, {got[1]} applied, {got[2]} rejected",
        evidence=str(jobs[0]),
    )


@then(parsers.parse('batch-jobs holds its status as "{status}"'))
def job_status(status: str, delivery: Delivery, finding: Finding) -> None:
    got = [job.get("status") for job in delivery.jobs]
    if "RUNNING" in got:
        finding.suspect("job-left-running", f"the batch job is {got} and has to be {status}")
    finding.equal(got, [status], "as the status of its batch jobs")


@then("the first ten are recently updated, by this execution")
def first_ten_updated(delivery: Delivery, drivers: Drivers, settings: Settings, finding: Finding) -> None:
    due, count = ("RECENTLY_UPDATED", delivery.run.arn), min(10, settings.counts.users)
    rows = drivers.database.ask("first_ten_statistics")
    finding.attach(attachments.of_rows("First ten statistics", rows))
    good = [row for row in rows if (row["status"], row["last_execution_id"]) == due]
    finding.holds(
        len(rows) == len(good) == count,
        wanted=f"{count} rows RECENTLY_UPDATED by this execution",
        got=f"{len(good)} of {len(rows)}",
        evidence="\n".join(map(str, [row for row in rows if row not in good][:5])),
    )


@then("the audit trail holds a start and one completion of every step and chunk, and no error")
def audit_complete(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    audit, names = delivery.audit, drivers.environment.names
    finding.attach(*attachments.of_items(f"Audit entries ({len(audit)})", audit, names.audit_logs, names))
    plan = delivery.stores.plan
    due: list[Place] = [*((step, None) for step in STEPS), *((CHUNK_STEP, chunk) for chunk, _ in plan)]
    wrong = gaps(audit, due)
    finding.holds(
        bool(plan) and not wrong,
        wanted=f"{len(due)} steps and chunks with a start and one completion",
        got=f"{len(due) - len(wrong)}",
        evidence="\n".join(wrong[:5]),
    )
    last = next(entry for entry in reversed(audit) if entry["phase"] == "completion")
    finding.control("a missing completion", bool(gaps([entry for entry in audit if entry is not last], due)))
    finding.control("a second completion", bool(gaps([*audit, last], due)))
    finding.control("an error", bool(gaps([*audit, last | {"phase": "error"}], due)))


@then("processing-metadata holds the size, the records and the chunks of the file")
def metadata_holds(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    arn, plan = delivery.run.arn, delivery.stores.plan
    stages, names = drivers.audit_trail.metadata(delivery.upload), drivers.environment.names
    finding.attach(*attachments.of_items("Processing metadata", stages, names.processing_metadata, names))
    validated, split = stages.get("csv-validation", {}), stages.get("csv-split", {})
    got = (validated.get("size"), validated.get("records"), split.get("chunks"), validated.get("execution_id"))
    due = (delivery.upload.size, len(delivery.file.records), len(plan), arn)
    words = "{} bytes, {} records, {} chunks".format
    finding.holds(got == due, wanted=words(*due[:3]), got=words(*got[:3]), evidence=str(stages))


@then("every record has a named fate, and it is applied")
def all_named_fates(delivery: Delivery, finding: Finding) -> None:
    named_fates(len(delivery.file.records), delivery, finding)


@then(parsers.parse("each of the {count:d} records has a named fate, and it is applied"))
def named_fates(count: int, delivery: Delivery, finding: Finding) -> None:
    fates = Counter(fate.fate for fate in delivery.fates)
    finding.holds(fates == {"applied": count}, wanted=f"{count} applied", got=", ".join(_counted(fates)))
    lost = replace(delivery.stores, after=delivery.stores.before)
    finding.control("every record lost", Counter(fate.fate for fate in reconcile(lost)) == {"lost": count})


def _counted(fates: Counter[str]) -> list[str]:
    return [f"{count} {fate}" for fate, count in fates.most_common()]


@then("each record of the file has one fate, on which all stores agree")
def one_fate(delivery: Delivery, record: Record, finding: Finding) -> None:
    stores = delivery.stores
    finding.attach(attachments.of_fates(delivery.fates))
    wrong = [fate for fate in delivery.fates if not fate.clean]
    record.discrepancies += [
        {"record": fate.record, "user": fate.user, "fate": fate.fate, "stores": fate.stores} for fate in wrong
    ]
    if (planned := sum(count for _, count in stores.plan)) != len(stores.records):
        finding.suspect("chunk-lost", f"the plan holds {planned} records, and the file {len(stores.records)}")
    for each in wrong:
        silent = "success-line-missing" if each.astray == ("logs",) else "audit-incomplete"
        finding.suspect(_DIAGNOSES.get(each.fate, silent), str(each))
    finding.holds(
        not wrong,
        wanted="0 inconsistencies",
        got=f"{len(wrong)} among {len(stores.records)} records",
        evidence="\n".join(map(str, wrong[:5])),
    )
    for fate, planted in _planted(stores).items():
        found = {each.fate for each in reconcile(planted) if not each.clean}
        finding.control(f"a record {fate}", fate in found)


def _planted(stores: Stores) -> dict[str, Stores]:
    """Copies of the evidence, each with one planted deviation."""
    user = next(record.user_id for record in stores.records if record.line not in stores.rejected)
    logins, posts = stores.after.get(user, (0, 0))
    before = stores.before.get(user, (0, 0))
    other = next(iter(stores.before.keys() - {record.user_id for record in stores.records}), "U99999")
    changes = {
        "lost": {user: before},
        "doubled": {user: (logins * 2 - before[0], posts * 2 - before[1])},
        "altered": {user: (logins + 1, posts)},
        "unexpected": {other: (-1, -1)},
    }
    return {fate: replace(stores, after={**stores.after, **change}) for fate, change in changes.items()}


@then("the batch job counts what the records add up to")
def totals(delivery: Delivery, finding: Finding) -> None:
    stores, fates = delivery.stores, delivery.fates
    wrong = totals_that_differ(stores, fates)
    if wrong:
        finding.suspect("job-wrong", "; ".join(wrong))
    finding.holds(not wrong, wanted="the batch job's counts those of the records", got="; ".join(wrong) or "the same")
    job = stores.job or Chunk(0, 0, 0)
    miscounted = replace(stores, job=replace(job, applied=job.applied - 1))
    finding.control("a wrong count", bool(totals_that_differ(miscounted, fates)))
