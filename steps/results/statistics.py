"""Steps about user_statistics: the test users' rows equal the file, all others are unchanged."""

from __future__ import annotations

from pytest_bdd import then

from steps.drivers.activity_file import Counts
from steps.run import attachments
from steps.run.delivery import Delivery, Drivers, Statistics, counts_by_user, read_statistics
from steps.suite.finding import Finding
from steps.targets.settings import Settings


@then("the database counts every test user as updated within the hour")
def updated(delivery: Delivery, drivers: Drivers, settings: Settings, finding: Finding) -> None:
    users = settings.counts.users
    finding.equal(drivers.database.number("updated_within_the_hour"), users, "test users updated within the hour")


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


@then("the statistics of the test users equal the file, record by record")
def statistics_equal(delivery: Delivery, finding: Finding) -> None:
    due, found = delivery.file.sums(), delivery.counts
    finding.attach(attachments.of_statistics(delivery))
    finding.holds(
        not (wrong := _compare_counts(due, found)),
        wanted=f"the sums of {len(delivery.file.records)} records",
        got=f"{len(due) - len(wrong)} users as in the file" + "".join(f", {each}" for each in wrong[:5]),
    )
    user, counts = next(iter(due.items()))
    finding.control("an altered count", bool(_compare_counts(due | {user: counts + Counts(1, 0)}, found)))


@then("the statistics of its users equal the file")
def own_statistics_equal(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    """Query anew, since delivery.statistics is cached: later changes have to show."""
    found = counts_by_user(read_statistics(drivers.database).values())
    wrong = _compare_counts(delivery.file.sums(), found)
    finding.holds(not wrong, wanted="the sums of the file's records", got="so" if not wrong else "; ".join(wrong[:5]))


def _compare_counts(due: dict[str, Counts], found: dict[str, Counts]) -> list[str]:
    got = {user: found.get(user, (None, None)) for user in due}
    return [f"{user}: {got[user]} instead of {want}" for user, want in due.items() if got[user] != want]


@then("nobody else's statistics have changed")
def others_unchanged(delivery: Delivery, finding: Finding) -> None:
    theirs = delivery.file.sums().keys()
    before = {user: row for user, row in delivery.before.items() if user not in theirs}
    after = {user: row for user, row in delivery.statistics.items() if user not in theirs}
    changed = _find_changed_users(before, after)
    finding.holds(
        not changed,
        wanted="all other users' rows as they were",
        got=f"{len(changed)} of {len(before)} changed {', '.join(changed[:5])}".strip(),
    )
    finding.control("somebody else's row", bool(_find_changed_users(before, after | {"U99999": {}})))


@then("no statistics change")
def unchanged(delivery: Delivery, finding: Finding) -> None:
    before, after = delivery.before, delivery.statistics
    changed = _find_changed_users(before, after)
    finding.holds(
        not changed, wanted="every row as it was", got=f"{len(changed)} changed {', '.join(changed[:5])}".strip()
    )
    user = delivery.file.records[0].user_id
    finding.control("a row of one of its users", bool(_find_changed_users(before, after | {user: {}})))


def _find_changed_users(before: Statistics, after: Statistics) -> list[str]:
    return sorted(user for user in before.keys() | after.keys() if before.get(user) != after.get(user))
