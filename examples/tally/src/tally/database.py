"""Sessions on Aurora: one per invocation, named after it, and closed at its end."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tally.config import config, secrets
from tally.job import Job

_LOOPBACK = ("127.0.0.1", "localhost")
# Not by the parameter `options`, with which RDS Proxy refuses a connection.
_LIMITS = "SET lock_timeout = '60s'; SET statement_timeout = '240s'; SET idle_in_transaction_session_timeout = '60s'"
_NAME_BYTES = 63  # PostgreSQL truncates application_name to this length, which would cut off the request id


@contextmanager
def session(job: Job) -> Iterator[psycopg.Connection]:
    """Yield a session in autocommit mode for this invocation; raises psycopg.OperationalError."""
    login = json.loads(secrets.get_secret_value(SecretId=config.aurora_secret_arn)["SecretString"])
    host, _, port = config.aurora_endpoint.partition(":")
    with psycopg.connect(
        host=host,
        port=port or "5432",
        dbname=config.aurora_database_name,
        user=login["username"],
        password=login["password"],
        application_name=f"{job.function} {job.request_id}"[-_NAME_BYTES:],
        connect_timeout=5,
        # RDS certificates are signed by AWS's own authority, whose bundle is deployed with the code.
        sslmode="disable" if host in _LOOPBACK else "verify-full",
        sslrootcert="/var/task/rds-global-bundle.pem",
        autocommit=True,
    ) as connection:
        connection.execute(_LIMITS)
        yield connection
