"""The secret: the login that Secrets Manager tells the functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class Secret:
    """Secrets Manager, asked and told of one secret that holds username and password."""

    def __init__(self, secretsmanager: SecretsManagerClient, arn: str) -> None:
        self._secrets, self._arn = secretsmanager, arn

    def told(self) -> dict[str, str]:
        """The login that it holds now."""
        return dict(json.loads(self._secrets.get_secret_value(SecretId=self._arn)["SecretString"]))

    def tell(self, login: dict[str, str]) -> None:
        """From here on it holds this login."""
        self._secrets.put_secret_value(SecretId=self._arn, SecretString=json.dumps(login))
