"""The secret: the login that Secrets Manager tells the functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class NoLogin(AssertionError):
    """A secret holds no username and password."""

    diagnosis = "secret-refused"

    def __init__(self, secret: str) -> None:
        super().__init__(
            f"{secret} holds no login.\n  evidence: it is no JSON object with username and password"
            "\n  remedy: put both into it, as RDS does"
        )


def login(text: str, secret: str) -> dict[str, str]:
    """The login in the `text` that the secret holds; raises NoLogin, which does not repeat it."""
    try:
        held = json.loads(text)
        return {**held, "username": held["username"], "password": held["password"]}
    except (ValueError, KeyError, TypeError):
        raise NoLogin(secret) from None


class Secret:
    """Secrets Manager, asked and told of one secret that holds username and password."""

    def __init__(self, secretsmanager: SecretsManagerClient, arn: str) -> None:
        self._secrets, self._arn = secretsmanager, arn

    def told(self) -> dict[str, str]:
        """The login that it holds now."""
        return login(self._secrets.get_secret_value(SecretId=self._arn).get("SecretString", ""), self._arn)

    def tell(self, login: dict[str, str]) -> None:
        """From here on it holds this login."""
        self._secrets.put_secret_value(SecretId=self._arn, SecretString=json.dumps(login))
