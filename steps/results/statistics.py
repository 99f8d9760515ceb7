"""Steps about user_statistics: the test users' rows equal the file, all others are unchanged."""

from __future__ import annotations

from pytest_bdd import then

from steps.drivers.activity_file import Counts
from steps.run import attachments
from steps.run.delivery import Delivery, Drivers, Statistics, count_rows, counts_by_user, read_statistics
from steps.suite.finding import Finding
from steps.targets.settings import Settings
from steps.verdict.messages import phrase
from steps.verdict.words import Words, enumerate_items


@then("the database counts every test user as updated within the hour")
def updated(delivery: Delivery, drivers: Drivers, settings: Settings, finding: Finding) -> None:
    users = settings.counts.users
    finding.equal(drivers.database.number("updated_within_the_hour"), users, "updated-within-the-hour")


@then("the first ten are recently updated, by this execution")
def first_ten_updated(delivery: Delivery, drivers: Drivers, settings: Settings, finding: Finding) -> None:
    due, count = ("RECENTLY_UPDATED", delivery.run.arn), min(10, settings.counts.users)
    rows = drivers.database.ask("first_ten_statistics")
    finding.attach(attachments.of_rows("First ten statistics", rows))
    old = [row for row in rows if (row["status"], row["last_execution_id"]) != due]
    finding.holds(
        not old and len(rows) == count,
        "first-rows-updated",
        count=count,
        updated=len(rows) - len(old),
        where=enumerate_items(
            [
                phrase("row", user=row["user_id"], status=row["status"], execution=row["last_execution_id"])
                for row in old
            ]
        ),
    )


@then("the statistics of the test users equal the file, record by record")
def statistics_equal(delivery: Delivery, finding: Finding) -> None:
    due, found = delivery.file.sums(), delivery.counts
    finding.attach(attachments.of_statistics(due, found))
    finding.holds(
        not (wrong := _compare_counts(due, found)),
        "statistics-equal",
        users=len(due),
        wrong=len(wrong),
        where=enumerate_items(wrong),
    )
    user, counts = next(iter(due.items()))
    finding.control("an altered count", bool(_compare_counts(due | {user: counts + Counts(1, 0)}, found)))


@then("the statistics of its users equal the file")
def own_statistics_equal(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    """Query anew, since delivery.statistics is cached: later changes have to show."""
    due = delivery.file.sums()
    found = counts_by_user(read_statistics(drivers.database, due).values())
    wrong = _compare_counts(due, found)
    finding.holds(not wrong, "statistics-equal", users=len(due), wrong=len(wrong), where=enumerate_items(wrong))


def _compare_counts(due: dict[str, Counts], found: dict[str, Counts]) -> list[Words]:
    got = {user: found.get(user) for user in due}
    return [
        phrase("counts", user=user, got=_tell_counts(got[user]), wanted=_tell_counts(want))
        for user, want in due.items()
        if got[user] != want
    ]


def _tell_counts(counts: Counts | None) -> Words | None:
    return counts and phrase("logins-and-posts", logins=counts[0], posts=counts[1])


@then("nobody else's statistics have changed")
def others_unchanged(delivery: Delivery, finding: Finding) -> None:
    theirs = delivery.file.sums().keys()
    before = {user: row for user, row in delivery.before.items() if user not in theirs}
    after = {user: row for user, row in delivery.statistics.items() if user not in theirs}
    changed = _find_changed_users(before, after)
    finding.holds(
        not changed,
        "others-unchanged",
        others=count_rows(before),
        changed=len(changed),
        where=enumerate_items(changed),
    )
    finding.control("somebody else's row", bool(_find_changed_users(before, after | {"U99999": {}})))


@then("no statistics change")
def unchanged(delivery: Delivery, finding: Finding) -> None:
    before, after = delivery.before, delivery.statistics
    changed = _find_changed_users(before, after)
    finding.holds(not changed, "statistics-unchanged", changed=len(changed), where=enumerate_items(changed))
    user = delivery.file.records[0].user_id
    finding.control("a row of one of its users", bool(_find_changed_users(before, after | {user: {}})))


def _find_changed_users(before: Statistics, after: Statistics) -> list[str]:
    return sorted(user for user in before.keys() | after.keys() if before.get(user) != after.get(user))
