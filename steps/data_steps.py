"""Steps about the data: the statistics, the batch job, and all stores reconciled."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from pytest_bdd import parsers, then

from steps.drivers.activity_file import ActivityFile
from steps.drivers.audit_trail import AuditTrail, Place, gaps
from steps.drivers.database import Database
from steps.drivers.inbox import Upload
from steps.drivers.reconciliation import Fate, Stores, reconcile, totals_that_differ
from steps.drivers.workflow import Run
from steps.evidence import CHUNK_STEP, STEPS, Preparation, Statistics
from steps.finding import Finding
from steps.reporting.record import Record


@then(parsers.parse("the database counts {count:d} test users updated within the hour"))
def updated(count: int, run: Run, database: Database, finding: Finding) -> None:
    finding.equal(database.number("updated_within_the_hour"), count, "test users updated within the hour")


@then("the statistics of the test users equal the file, record by record")
def statistics_equal(activity_file: ActivityFile, statistics: Statistics, finding: Finding) -> None:
    due = activity_file.sums()
    finding.holds(
        not (wrong := _differences(due, statistics)),
        wanted=f"the sums of {len(activity_file.records)} records",
        got=f"{len(due) - len(wrong)} users as in the file" + "".join(f", {each}" for each in wrong[:5]),
    )
    user, (logins, posts) = next(iter(due.items()))
    finding.control("an altered count", bool(_differences(due | {user: (logins + 1, posts)}, statistics)))


def _differences(due: dict[str, tuple[int, int]], statistics: Statistics) -> list[str]:
    nothing = {"login_count": None, "post_count": None}
    found = {user: statistics.get(user, nothing) for user in due}
    got = {user: (row["login_count"], row["post_count"]) for user, row in found.items()}
    return [f"{user}: {got[user]} instead of {want}" for user, want in due.items() if got[user] != want]


@then("nobody else's statistics have changed")
def others_unchanged(
    activity_file: ActivityFile, preparation: Preparation, statistics: Statistics, finding: Finding
) -> None:
    theirs = activity_file.sums().keys()
    before = {user: row for user, row in preparation.statistics.items() if user not in theirs}
    after = {user: row for user, row in statistics.items() if user not in theirs}
    changed = sorted(user for user in before.keys() | after.keys() if before.get(user) != after.get(user))
    finding.holds(
        not changed,
        wanted="all other users' rows as they were",
        got=f"{len(changed)} of {len(before)} changed {', '.join(changed[:5])}".strip(),
    )


@then(
    parsers.parse(
        'batch-jobs holds one job for it, "{status}", with {applied:d} records applied and {rejected:d} rejected'
    )
)
def batch_job(status: str, applied: int, rejected: int, jobs: list[dict[str, Any]], finding: Finding) -> None:
    finding.equal(len(jobs), 1, "batch job")
    names = ("status", "records_applied", "records_rejected")
    got = tuple(jobs[0].get(name) for name in names)
    finding.holds(
        got == (status, applied, rejected),
        wanted=f"{status}, {applied} applied, {rejected} rejected",
        got=f"{got[0]}, {got[1]} applied, {got[2]} rejected",
        evidence=str(jobs[0]),
    )


@then("the first ten are recently updated, by this execution")
def first_ten_updated(run: Run, database: Database, finding: Finding) -> None:
    rows = database.ask("first_ten_statistics")
    good = [row for row in rows if (row["status"], row["last_execution_id"]) == ("RECENTLY_UPDATED", run.arn)]
    finding.holds(
        len(rows) == len(good) == 10,
        wanted="10 rows RECENTLY_UPDATED by this execution",
        got=f"{len(good)} of {len(rows)}",
        evidence="\n".join(map(str, [row for row in rows if row not in good][:5])),
    )


@then("the audit trail holds a start and one completion of every step and chunk, and no error")
def audit_complete(stores: Stores, audit: list[dict[str, Any]], finding: Finding) -> None:
    due: list[Place] = [*((step, None) for step in STEPS), *((CHUNK_STEP, chunk) for chunk, _ in stores.plan)]
    wrong = gaps(audit, due)
    finding.holds(
        bool(stores.plan) and not wrong,
        wanted=f"{len(due)} steps and chunks with a start and one completion",
        got=f"{len(due) - len(wrong)}",
        evidence="\n".join(wrong[:5]),
    )
    last = next(entry for entry in reversed(audit) if entry["phase"] == "completion")
    finding.control("a missing completion", bool(gaps([entry for entry in audit if entry is not last], due)))
    finding.control("a second completion", bool(gaps([*audit, last], due)))


@then("processing-metadata holds the size, the records and the chunks of the file")
def metadata_holds(
    upload: Upload,
    run: Run,
    activity_file: ActivityFile,
    stores: Stores,
    audit_trail: AuditTrail,
    finding: Finding,
) -> None:
    stages = audit_trail.metadata(upload)
    validated, split = stages.get("csv-validation", {}), stages.get("csv-split", {})
    got = (validated.get("size"), validated.get("records"), split.get("chunks"), validated.get("execution_id"))
    due = (upload.size, len(activity_file.records), len(stores.plan), run.arn)
    words = "{} bytes, {} records, {} chunks".format
    finding.holds(got == due, wanted=words(*due[:3]), got=words(*got[:3]), evidence=str(stages))


@then(parsers.parse("each of the {count:d} records has a named fate, and it is applied"))
def named_fates(count: int, stores: Stores, finding: Finding) -> None:
    fates = Counter(fate.fate for fate in reconcile(stores))
    finding.holds(fates == {"applied": count}, wanted=f"{count} applied", got=", ".join(_counted(fates)))
    lost = replace(stores, after=stores.before)
    finding.control("every record lost", Counter(fate.fate for fate in reconcile(lost)) == {"lost": count})


def _counted(fates: Counter[str]) -> list[str]:
    return [f"{count} {fate}" for fate, count in fates.most_common()]


@then("each record of the file has one fate, on which all stores agree")
def one_fate(stores: Stores, record: Record, finding: Finding) -> None:
    fates = reconcile(stores)
    wrong = [fate for fate in fates if not fate.clean]
    record.discrepancies = [
        {"record": fate.record, "user": fate.user, "fate": fate.fate, "stores": fate.stores} for fate in wrong
    ]
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
    """The same evidence with one deviation of each kind."""
    user = stores.records[0].user_id
    logins, posts = stores.after.get(user, (0, 0))
    other = next(iter(stores.before.keys() - {record.user_id for record in stores.records}), "U99999")
    changes = {
        "lost": {user: stores.before.get(user, (0, 0))},
        "doubled": {user: (logins * 2, posts * 2)},
        "altered": {user: (logins + 1, posts)},
        "unexpected": {other: (-1, -1)},
    }
    return {fate: replace(stores, after={**stores.after, **change}) for fate, change in changes.items()}


@then("the batch job counts what the records add up to")
def totals(stores: Stores, finding: Finding) -> None:
    fates: list[Fate] = reconcile(stores)
    wrong = totals_that_differ(stores, fates)
    finding.holds(not wrong, wanted="the batch job's counts those of the records", got="; ".join(wrong) or "the same")
