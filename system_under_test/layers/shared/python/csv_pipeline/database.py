"""Sessions on Aurora PostgreSQL: one per invocation, closed at its end; a dead Lambda holds its locks only briefly."""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from aws_lambda_powertools import Logger
from psycopg.conninfo import make_conninfo

from csv_pipeline.errors import DatabaseUnavailableError
from csv_pipeline.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

logger = Logger()

RDS_CERTIFICATES = str(Path(__file__).with_name("rds-global-bundle.pem"))
CONNECT_SECONDS = 3
RESUME_SECONDS = 40
"""How long a server may take to answer that accepts connections: a cluster paused at 0 ACU resumes in 15 to 30 s."""
# All below the functions' own timeout, so that the server releases the locks of a function that died.
_LIMITS = {
    "lock_timeout": "60s",
    "statement_timeout": "240s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
# RDS Proxy refuses a connection that brings settings with it (the parameter `options`).
_SET = "SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[]) AS setting (name, value)"
_KEEPALIVES: dict[str, Any] = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
_NAME_BYTES = 63  # PostgreSQL truncates application_name to this length, which would cut off the request id


class Database:
    """Connects to Aurora with credentials from Secrets Manager, fetched once, and again if a login is refused."""

    def __init__(self, settings: Settings, secrets: SecretsManagerClient) -> None:
        """Store the settings and the client; connections are opened by `session` only."""
        self._settings = settings
        self._secrets = secrets
        self._credentials: dict[str, str] | None = None

    @contextmanager
    def session(self, function: str, request_id: str) -> Iterator[psycopg.Connection]:
        """Yield a session in autocommit mode for one invocation, closed at its end; raises DatabaseUnavailableError."""
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
        self._credentials = None  # they may have been rotated since they were fetched
        try:
            return self._connect(function, request_id)
        except psycopg.OperationalError as refused:
            raise self._unavailable(refused) from refused

    def _connect(self, function: str, request_id: str) -> psycopg.Connection:
        if self._credentials is None:
            secret = self._secrets.get_secret_value(SecretId=self._settings.aurora_secret_arn)
            self._credentials = json.loads(secret["SecretString"])
        server = make_conninfo(
            host=self._settings.aurora_host,
            port=self._settings.aurora_port,
            dbname=self._settings.aurora_database_name,
            user=self._credentials["username"],
            password=self._credentials["password"],
            application_name=f"{function} {request_id}"[-_NAME_BYTES:],
            gssencmode="disable",
            **_KEEPALIVES,
            **encryption(self._settings.aurora_host),
        )
        connection = self._reach(server)
        connection.execute(_SET, [list(_LIMITS), list(_LIMITS.values())])
        return connection

    def _reach(self, server: str) -> psycopg.Connection:
        """Connect, also to a server that accepts the connection and answers only after it has resumed."""
        try:
            return psycopg.connect(server, autocommit=True, connect_timeout=CONNECT_SECONDS)
        except psycopg.errors.ConnectionTimeout:
            if not self._accepts_connections():
                raise
        logger.info(f"{self._settings.aurora_endpoint} accepts connections and does not answer yet: it may be resuming")
        try:
            return psycopg.connect(server, autocommit=True, connect_timeout=RESUME_SECONDS)
        except psycopg.errors.ConnectionTimeout as silent:
            raise psycopg.errors.ConnectionTimeout(f"connected, and no answer within {RESUME_SECONDS} s") from silent

    def _accepts_connections(self) -> bool:
        """True if the port can be reached; a route or a security group that is missing would leave this unanswered."""
        try:
            socket.create_connection((self._settings.aurora_host, self._settings.aurora_port), CONNECT_SECONDS).close()
        except OSError:
            return False
        return True

    def _unavailable(self, refused: psycopg.OperationalError) -> DatabaseUnavailableError:
        return DatabaseUnavailableError(
            f"no session on {self._settings.aurora_endpoint}: {' '.join(str(refused).split())}. Look at the function's "
            "VpcConfig, the security group's rule for 5432, the state of the cluster and the secret."
        )


def encryption(host: str) -> dict[str, Any]:
    """TLS parameters: the server's name is verified by the RDS certificates; no TLS on loopback, which is private."""
    if host == "localhost" or (host[:1].isdigit() and ipaddress.ip_address(host).is_loopback):
        return {"sslmode": "disable"}
    return {"sslmode": "verify-full", "sslrootcert": RDS_CERTIFICATES}


def password_was_asked(refused: psycopg.OperationalError) -> bool:
    """True if the server asked for the password (libpq has no error code for a refused password)."""
    return refused.pgconn is not None and refused.pgconn.used_password
