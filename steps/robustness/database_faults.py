"""Steps about faults of the database; most use a role of the functions' own, so that no other client is affected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from secrets import token_urlsafe

import pytest
from pytest_bdd import given, parsers, then, when

from steps.drivers.aurora import Aurora, Secret
from steps.drivers.functions import Functions
from steps.drivers.postgres import Database
from steps.robustness.injected_faults import PATIENCE, InjectedFaults
from steps.run.custom_file import OwnFile
from steps.run.delivery import Delivery, Drivers
from steps.suite.finding import Finding
from steps.targets.environment import Environment
from steps.verdict.words import enumerate_items

NAME = "acceptance_functions"


class OwnRole:
    """The role, in the database and in the secret."""

    def __init__(self, database: Database, secret: Secret) -> None:
        self._database, self._secret = database, secret
        self.login = {"username": NAME, "password": self._new_password()}
        database.tell("own_role")
        secret.tell(self.login)

    def set(self, setting: str, value: str) -> None:
        """Set a parameter for the role's future sessions."""
        self._database.ask("remember", name="setting", value=setting)
        self._database.ask("remember", name="value", value=value)
        self._database.tell("own_role_setting")

    def rotate(self) -> dict[str, str]:
        """Change the password in the database and in the secret; return the previous login."""
        before, self.login = self.login, {**self.login, "password": self._new_password()}
        self._database.tell("own_role_password")
        self._secret.tell(self.login)
        return before

    def _new_password(self) -> str:
        password = token_urlsafe(24)
        self._database.ask("remember", name="password", value=password)
        return password


@pytest.fixture
def own_role(environment: Environment, database: Database) -> Iterator[OwnRole]:
    """The role that the functions log in as until the scenario ends; their processes are started anew to use it."""
    secret = Secret(environment.client("secretsmanager"), environment.secret_arn)
    theirs = secret.told()
    role = OwnRole(database, secret)
    try:
        Functions(environment.client("lambda"), environment.names.functions, environment.names.qualifiers).start_anew()
        yield role
    finally:
        secret.tell(theirs)
        database.tell("own_role_dropped")


@pytest.fixture
def rival(drivers: Drivers, cleaning_up: ExitStack) -> Database:
    """Another client's session."""
    return cleaning_up.enter_context(drivers.connect())


@when(parsers.parse("the database restarts while chunk {chunk:d} is at work"))
def restarts(chunk: int, delivery: Delivery, drivers: Drivers, faults: InjectedFaults) -> None:
    delivery.wait_until_started()
    faults.wait_for(f"chunk {chunk} is held")
    restart_database(drivers)
    faults.remove_all()
    delivery.wait_until_ended()


def restart_database(drivers: Drivers) -> None:
    """Restart the database as in a failover, and reconnect to it."""
    environment = drivers.environment
    Aurora(environment.client("rds"), environment.names.cluster).restart_writer()
    drivers.database.reopen()


@given("the database lets none of the functions in")
def shut_out(own_role: OwnRole, drivers: Drivers) -> None:
    drivers.database.tell("own_role_shut_out")


@when("the database lets the functions in again")
def let_in(drivers: Drivers) -> None:
    drivers.database.tell("own_role_let_in")


@given(parsers.parse("the database is paused at 0 ACU, and resumes in {seconds:d} seconds"))
def paused(seconds: int, faults: InjectedFaults) -> None:
    faults.slow("the database is paused", "postgresql connects", seconds)


@given(parsers.parse("the connection is lost before {what}"))
def lost_before(what: str, faults: InjectedFaults, own_file: OwnFile) -> None:
    faults.cut(what, own_file.call_pattern(what))


@given(parsers.parse("the connection is lost after {what}, and before its answer"))
def lost_after(what: str, faults: InjectedFaults, own_file: OwnFile) -> None:
    faults.cut(what, own_file.call_pattern(what), work="done")


@given(parsers.parse('the functions\' {setting} is "{value}"'))
def shortened(setting: str, value: str, own_role: OwnRole) -> None:
    own_role.set(f"acceptance.{setting}", value)


@when(parsers.parse("the lock is released, and their {setting} is as it was"))
def released(setting: str, locked: ExitStack, own_role: OwnRole) -> None:
    locked.close()
    own_role.set(f"acceptance.{setting}", "")


@given("somebody has locked the statistics of its last user", target_fixture="locked")
def last_user_locked(own_file: OwnFile, own_role: OwnRole, rival: Database, cleaning_up: ExitStack) -> ExitStack:
    """The session that first checks for the deadlock is its victim: the function checks after 3 s, the rival later."""
    own_role.set("deadlock_timeout", "3s")
    rival.tell("empty_statistics", users=own_file.registered)
    rival.tell("patient_with_deadlocks")
    held = cleaning_up.enter_context(ExitStack())
    held.enter_context(rival.undone())
    rival.ask("locked_statistics", users=own_file.registered[-1:])
    return held


@when("a function waits for them, and somebody wants those of its first user too")
def deadlocked(delivery: Delivery, own_file: OwnFile, drivers: Drivers, rival: Database) -> None:
    """Return once PostgreSQL has rolled back the function's transaction."""
    delivery.wait_until_started()
    drivers.connections.blocked(drivers.database, within=PATIENCE)
    rival.ask("locked_statistics", users=own_file.registered[:1])


@when("somebody is done")
def somebody_done(delivery: Delivery, locked: ExitStack) -> None:
    locked.close()
    delivery.wait_until_ended()


@then("the database has seen a deadlock")
def deadlock_seen(drivers: Drivers, own_file: OwnFile, finding: Finding) -> None:
    drivers.connections.gone(drivers.database, within=PATIENCE)  # a session reports its deadlocks when it ends
    seen = drivers.database.number("deadlocks") - own_file.deadlocks_before
    finding.holds(seen > 0, "deadlock-made", seen=seen)


@given("the functions see the database as it was when their transaction began")
def repeatable_read(own_role: OwnRole) -> None:
    own_role.set("default_transaction_isolation", "repeatable read")


@given("somebody is changing the statistics of its users", target_fixture="changing")
def changing(own_file: OwnFile, rival: Database, cleaning_up: ExitStack) -> ExitStack:
    rival.tell("empty_statistics", users=own_file.registered)
    held = cleaning_up.enter_context(ExitStack())
    held.enter_context(rival.together())
    rival.ask("touch_statistics", users=own_file.registered)
    return held


@when("a function waits for them, and they are changed")
def changed(delivery: Delivery, changing: ExitStack, drivers: Drivers) -> None:
    delivery.wait_until_started()
    drivers.connections.blocked(drivers.database, within=PATIENCE)
    changing.close()
    delivery.wait_until_ended()


@then(parsers.parse('a transaction was tried again after "{sqlstate}"'))
def tried_again_after(sqlstate: str, delivery: Delivery, finding: Finding) -> None:
    delivery.wait_until_logged()
    found = [line.fields["sqlstate"] for line in delivery.lines if "sqlstate" in line.fields]
    finding.holds(sqlstate in found, "transaction-retried", sqlstate=sqlstate, got=enumerate_items(found))


@given("one chunk is processed at a time, by functions with a login of their own")
def one_at_a_time(own_role: OwnRole, environment: Environment, cleaning_up: ExitStack) -> None:
    """One process then handles all chunks, and keeps the login fetched for the first."""
    functions = Functions(environment.client("lambda"), environment.names.functions, environment.names.qualifiers)
    cleaning_up.enter_context(functions.configured(MAX_PARALLEL_WORKERS="1"))


@when(parsers.parse("the login changes while chunk {chunk:d} is at its start"))
def rotated(
    chunk: int, delivery: Delivery, own_role: OwnRole, drivers: Drivers, faults: InjectedFaults, finding: Finding
) -> None:
    delivery.wait_until_started()
    faults.wait_for(f"chunk {chunk} is held at its start")
    before = own_role.rotate()
    answer = Database.answer(drivers.environment.database_url, before)
    finding.control("the login of before is refused", not answer.well)
    faults.remove_all()
    delivery.wait_until_ended()
