"""Steps about a file of a scenario's own, and about what has to be missing when it is delivered."""

from __future__ import annotations

import json
from contextlib import ExitStack

from pytest_bdd import given, parsers

from steps.deliveries import Delivery, Drivers
from steps.drivers.activity_file import ActivityFile
from steps.own_file import OwnFile


@given("the same records of other users")
def same_records(activity_file: ActivityFile, acceptance: Delivery, own_file: OwnFile) -> None:
    acceptance.wait_until_ended()  # it is to be compared with, so it comes first
    theirs = activity_file.sums()
    ours = dict(zip(theirs, own_file.users(len(theirs)), strict=True))
    own_file.register([*ours.values()])
    for record in activity_file.records:
        own_file.add(ours[record.user_id], record.logins, record.posts)


@given(parsers.parse("a file of {count:d} records"))
def file_of(count: int, own_file: OwnFile) -> None:
    own_file.fill(count)


@given("none of the test users is registered")
def none_registered(activity_file: ActivityFile, own_file: OwnFile, drivers: Drivers, cleaning_up: ExitStack) -> None:
    """They are really removed, and put back as they were when the scenario is over."""
    database, users = drivers.database, sorted(activity_file.sums())
    kept = database.row("kept_users", users=users)
    database.tell("remove_users", users=users)
    cleaning_up.callback(database.tell, "put_back_users", **{name: json.dumps(rows) for name, rows in kept.items()})
    own_file.take(activity_file)


@given("no upload starts anything by itself")
def nothing_starts(drivers: Drivers, cleaning_up: ExitStack) -> None:
    cleaning_up.enter_context(drivers.trigger.off())
