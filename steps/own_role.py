"""A role of their own that the functions log in as for one scenario: what becomes of it is nobody else's matter."""

from __future__ import annotations

from collections.abc import Iterator
from secrets import token_urlsafe

import pytest

from steps.drivers.database import Database
from steps.drivers.functions import Functions
from steps.drivers.secret import Secret
from steps.targets.environment import Environment

NAME = "acceptance_functions"


class OwnRole:
    """The role, as the database and the secret know it."""

    def __init__(self, database: Database, secret: Secret) -> None:
        self._database, self._secret = database, secret
        self.login = {"username": NAME, "password": self._new_password()}
        database.tell("own_role")
        secret.tell(self.login)

    def set(self, setting: str, value: str) -> None:
        """Its sessions to come have this setting."""
        self._database.ask("remember", name="setting", value=setting)
        self._database.ask("remember", name="value", value=value)
        self._database.tell("own_role_setting")

    def rotate(self) -> dict[str, str]:
        """Another password, in the database and in the secret; returns the login that it was."""
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
    """The functions log in as this role, each process from its start on, until the scenario is over."""
    secret = Secret(environment.client("secretsmanager"), environment.secret_arn)
    theirs = secret.told()
    role = OwnRole(database, secret)
    try:
        Functions(environment.client("lambda"), environment.names.functions).start_anew()
        yield role
    finally:
        secret.tell(theirs)
        database.tell("own_role_dropped")
