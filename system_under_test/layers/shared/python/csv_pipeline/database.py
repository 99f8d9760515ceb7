"""Sessions on Aurora PostgreSQL: one an invocation, closed at its end, so that a dead Lambda holds nothing for long."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import make_conninfo

from csv_pipeline.errors import DatabaseUnavailableError
from csv_pipeline.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

RDS_CERTIFICATES = str(Path(__file__).with_name("rds-global-bundle.pem"))
CONNECT_SECONDS = 5
# All below the functions' own timeout, so that the server lets go of what a dead function held.
_LIMITS = {
    "lock_timeout": "60s",
    "statement_timeout": "240s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
_KEEPALIVES: dict[str, Any] = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
_NAME_BYTES = 63  # PostgreSQL cuts application_name there, and would cut off the request id


class Database:
    """Aurora, by the credentials in Secrets Manager; they are fetched once and again when they are refused."""

    def __init__(self, settings: Settings, secrets: SecretsManagerClient) -> None:
        """Remember where the database and its credentials are, and connect to neither."""
        self._settings = settings
        self._secrets = secrets
        self._credentials: dict[str, str] | None = None

    @contextmanager
    def session(self, function: str, request_id: str) -> Iterator[psycopg.Connection]:
        """A session in autocommit mode for one invocation, closed at its end; raises DatabaseUnavailableError."""
        with self._open(function, request_id) as connection:
            try:
                yield connection
            except psycopg.OperationalError as error:
                if connection.broken:
                    raise self._unavailable(error) from error
                raise

    def _open(self, function: str, request_id: str) -> psycopg.Connection:
        fetched_before = self._credentials is not None
        try:
            return self._connect(function, request_id)
        except psycopg.OperationalError as refused:
            if not (fetched_before and password_was_asked(refused)):
                raise self._unavailable(refused) from refused
        self._credentials = None  # rotated, it may be, since they were fetched
        try:
            return self._connect(function, request_id)
        except psycopg.OperationalError as refused:
            raise self._unavailable(refused) from refused

    def _connect(self, function: str, request_id: str) -> psycopg.Connection:
        if self._credentials is None:
            secret = self._secrets.get_secret_value(SecretId=self._settings.aurora_secret_arn)
            self._credentials = json.loads(secret["SecretString"])
        return psycopg.connect(
            make_conninfo(
                host=self._settings.aurora_host,
                port=self._settings.aurora_port,
                dbname=self._settings.aurora_database_name,
                user=self._credentials["username"],
                password=self._credentials["password"],
                application_name=f"{function} {request_id}"[-_NAME_BYTES:],
                connect_timeout=CONNECT_SECONDS,
                options=" ".join(f"-c {name}={value}" for name, value in _LIMITS.items()),
                gssencmode="disable",
                **_KEEPALIVES,
                **encryption(self._settings.aurora_host),
            ),
            autocommit=True,
        )

    def _unavailable(self, refused: psycopg.OperationalError) -> DatabaseUnavailableError:
        return DatabaseUnavailableError(
            f"no session on {self._settings.aurora_endpoint}: {' '.join(str(refused).split())}. Look at the function's "
            "VpcConfig, the security group's rule for 5432, the state of the cluster and the secret."
        )


def encryption(host: str) -> dict[str, Any]:
    """TLS that proves the server's name by the RDS certificates; none on loopback, where nobody listens in."""
    if host == "localhost" or (host[:1].isdigit() and ipaddress.ip_address(host).is_loopback):
        return {"sslmode": "disable"}
    return {"sslmode": "verify-full", "sslrootcert": RDS_CERTIFICATES}


def password_was_asked(refused: psycopg.OperationalError) -> bool:
    """Whether the server got as far as asking for the password (libpq has no error code for a refused one)."""
    return refused.pgconn is not None and refused.pgconn.used_password
