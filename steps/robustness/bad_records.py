"""Steps about records that have to be rejected, and the good records beside them."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from time import monotonic

from pytest_bdd import given, parsers, then, when

from steps.diagnoses.ids import Diagnosis
from steps.drivers.activity_file import ActivityFile
from steps.drivers.waiting import NotSeen, eventually
from steps.run.custom_file import OwnFile
from steps.run.delivery import Delivery, Drivers
from steps.suite.finding import Finding

_LOCKED_OUT = 50.0
"""Seconds to wait for five functions at the lock: below their lock timeout of 60 s, enough for a busy machine."""
_NO_MORE_COME = 5.0
"""Seconds after which no further function is expected: not every chunk has a record of a locked user."""


@given(parsers.parse("a file of {count:d} records, {unknown:d} of them of users that are not registered"))
def some_unknown(count: int, unknown: int, own_file: OwnFile) -> None:
    """Spread the records of unknown users evenly, so that they fall into several chunks."""
    users = own_file.users(count)
    strangers = users[:: count // unknown][:unknown]
    own_file.register([user for user in users if user not in strangers])
    for n, user in enumerate(users, 1):
        own_file.add(user, n, 1000 + n, reason="UserNotFoundError" if user in strangers else None)


@given(parsers.parse("a file of {count:d} records of the same {users:d} users"))
def same_users(count: int, users: int, own_file: OwnFile) -> None:
    ids = own_file.users(users)
    own_file.register(ids)
    for n in range(count // users):
        for user in ids if n % 2 else reversed(ids):
            own_file.add(user, n + 1, 2**31 + n)  # exceeds a signed 32-bit integer


@given("they have statistics of an earlier day, of which every tenth is locked", target_fixture="locked")
def with_statistics(own_file: OwnFile, drivers: Drivers, cleaning_up: ExitStack) -> ExitStack:
    drivers.database.tell("earlier_statistics", users=own_file.registered)
    return _lock_statistics(_select_every_tenth(own_file), drivers, cleaning_up)


@given(parsers.parse("a bad record of each kind, among {count:d} more good ones"))
def each_kind(count: int, own_file: OwnFile, drivers: Drivers) -> None:
    """Append them as the last chunk, so that the chunks before it hold the same users each."""
    users = own_file.good_users[:count]
    unknown_user(own_file)
    inactive_user(own_file, drivers)
    malformed(own_file)
    own_file.add(own_file.new_user(), -1, 1, reason="ValidationError")  # though its user is not registered either
    own_file.write(f'"{users[0]}"x,1,2', "", 0, 0, reason="ValidationError")  # no field of it can be read
    overflowing(own_file, drivers)
    for user in users:
        own_file.add(user, 1, 1)


@given("it is saved as a spreadsheet saves it, with quotes, a blank line, large counts and no line break at its end")
def as_a_spreadsheet_saves_it(own_file: OwnFile) -> None:
    """2^59 + 1, and small counts added to it, fit into no double; the last record is the only one of its user."""
    first, last = own_file.good_users[0], own_file.new_user()
    own_file.register([last])
    own_file.add(first, 2**59 + 1, 2**31, form='"{user}","{logins}",{posts}')
    own_file.add_blank_line()
    own_file.add(last, 1017, 1018)
    own_file.encode_as_spreadsheet()


@given("a record of a user that is not registered")
def unknown_user(own_file: OwnFile) -> None:
    own_file.add(own_file.new_user(), 1, 1, reason="UserNotFoundError")


@given("a record of a user that is inactive")
def inactive_user(own_file: OwnFile, drivers: Drivers) -> None:
    user = own_file.new_user()
    own_file.register([user])
    drivers.database.tell("deactivate_user", user=user)
    own_file.add(user, 1, 1, reason="UserInactiveError")


@given("a record that is malformed")
def malformed(own_file: OwnFile) -> None:
    user = own_file.new_user()
    own_file.register([user])
    own_file.add(user, -1, 1, reason="ValidationError")


@given("a record whose sum would overflow")
def overflowing(own_file: OwnFile, drivers: Drivers) -> None:
    user = own_file.new_user()
    own_file.register([user])
    drivers.database.tell("overflowing_user", user=user)
    own_file.add(user, 1, 1, reason="ValidationError")


@given("two records each of two users without statistics, whose logins or posts together would overflow")
def overflowing_together(own_file: OwnFile) -> None:
    """Both records of a user have to be in one chunk: between two chunks, the first one is good."""
    for counts in ((2**63 - 1, 1), (1, 2**63 - 1)):
        user = own_file.new_user()
        own_file.register([user])
        own_file.add(user, *counts, reason="ValidationError")
        own_file.add(user, 1, 1, reason="ValidationError")


@given(
    parsers.parse("{count:d} records between two of one user who has room for one of them and is locked"),
    target_fixture="locked",
)
def contested(count: int, own_file: OwnFile, drivers: Drivers, cleaning_up: ExitStack) -> ExitStack:
    """Both records are good, and whichever is added second overflows."""
    user = own_file.new_user()
    own_file.register([user])
    drivers.database.tell("empty_statistics", users=[user])
    own_file.add(user, 0, 2**63 - 1)
    own_file.fill(count)
    own_file.add(user, 0, 1)
    return _lock_statistics([user], drivers, cleaning_up)


@given("the statistics of every tenth of them are locked", target_fixture="locked")
def locked(own_file: OwnFile, drivers: Drivers, cleaning_up: ExitStack) -> ExitStack:
    """A chunk then holds row locks while it waits; without a fixed locking order, two chunks would deadlock."""
    drivers.database.tell("empty_statistics", users=_select_every_tenth(own_file))
    return _lock_statistics(_select_every_tenth(own_file), drivers, cleaning_up)


def _select_every_tenth(own_file: OwnFile) -> list[str]:
    return sorted(own_file.registered)[5::10]


def _lock_statistics(users: list[str], drivers: Drivers, cleaning_up: ExitStack) -> ExitStack:
    held = cleaning_up.enter_context(ExitStack())
    other = held.enter_context(drivers.connect())
    held.enter_context(other.undone())
    other.ask("locked_statistics", users=users)
    return held


@when("its functions wait for the lock, and it is released", target_fixture="met")
def all_locked_out(delivery: Delivery, locked: ExitStack, drivers: Drivers) -> int:
    """Release the lock once five functions wait or no more arrive; return the most seen, which the last step judges."""
    delivery.wait_until_started()
    arn, most, since = delivery.start.arn, 0, monotonic()

    def met() -> bool | None:
        nonlocal most, since
        if (waiting := drivers.connections.waiting(drivers.database)) > most:
            most, since = waiting, monotonic()
        enough = most >= 5 or (most > 1 and monotonic() - since > _NO_MORE_COME)
        return True if enough or not (arn and drivers.workflow.runs(arn)) else None

    with locked, suppress(NotSeen):
        eventually(met, what="the functions to meet at the lock", within=_LOCKED_OUT)
    delivery.wait_until_ended()
    return most


@when("the missing users are registered")
def missing_registered(delivery: Delivery, own_file: OwnFile) -> None:
    own_file.register([row["user_id"] for row in delivery.rejected])


@when("the rejected records are delivered", target_fixture="delivery")
def rejected_delivered(delivery: Delivery, own_file: OwnFile, drivers: Drivers) -> Delivery:
    kept = drivers.inbox.result(delivery.upload, "rejected.csv")
    own_file.replace_by(ActivityFile.of(f"rejected-{own_file.name}", kept))
    redelivery = own_file.upload()
    redelivery.wait_until_ended()
    return redelivery


@then("the database has seen no deadlock")
def no_deadlock(drivers: Drivers, own_file: OwnFile, met: int, finding: Finding) -> None:
    drivers.connections.gone(drivers.database, within=10)  # a session reports its deadlocks at its end at the latest
    seen = drivers.database.number("deadlocks") - own_file.deadlocks_before
    if seen:
        finding.suspect(Diagnosis.DATABASE_REFUSED, f"{seen} deadlocks among chunks of the same users")
    finding.equal(seen, 0, "deadlocks-seen")
    finding.holds(met > 1, "functions-met", met=met)
