"""Runs the embedded AWS with its PostgreSQL as a program, reports when it is ready, and cleans up at the end."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local_aws.network.gate import Gate, GateError
from local_aws.orphan_guard import Guard
from local_aws.postgres.server import Postgres, PostgresError
from local_aws.room import FolderError, make_folder
from local_aws.surroundings import adopt, stripped

if TYPE_CHECKING:
    from local_aws.server import Server


class CannotServe(Exception):
    """The embedded AWS cannot start; the text has each cause with its remedy."""


@dataclass(frozen=True)
class Settings:
    """The settings of an embedded AWS; port 0 stands for any free port."""

    account: str
    region: str
    database: str
    port: int
    database_port: int


@dataclass(frozen=True)
class Served:
    """A running embedded AWS, as reported to the process that started it."""

    endpoint_url: str
    account: str
    region: str
    access_key: str
    secret_key: str
    database_url: str
    database_host: str
    database_port: int
    database_user: str
    database_password: str
    database: str
    aurora_endpoint: str
    pid: int
    folder: str
    log: str

    def to_json(self) -> str:
        """Returns one line of JSON, with the environment."""
        return json.dumps({**asdict(self), "environment": self.environment})

    @property
    def environment(self) -> dict[str, str]:
        """Variables that point the AWS command line, boto3, psql and psycopg here, and functions to PostgreSQL."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": "",  # overrides the token of another account in the shell
            "AWS_EC2_METADATA_DISABLED": "true",
            "DATABASE_URL": self.database_url,
            "PGHOST": self.database_host,
            "PGPORT": str(self.database_port),
            "PGUSER": self.database_user,
            "PGPASSWORD": self.database_password,
            "PGDATABASE": self.database,
            "AURORA_ENDPOINT": self.aurora_endpoint,
        }


@contextmanager
def served(settings: Settings) -> Iterator[Served]:
    """Runs the embedded AWS while the context is open; raises CannotServe with every cause."""
    # moto's objects live as long as the process. Without this line and gc.freeze below an acceptance takes 0.6 s of CPU
    # more, 2 % (2 cores, Python 3.11, 2026-11-28).
    gc.set_threshold(50_000)
    adopt(stripped(os.environ))  # removes all variables that alter moto, its botocore, Flask or libpq
    for ending in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell's background processes ignore it
        signal.signal(ending, signal.default_int_handler)
    with ExitStack() as stack:
        try:
            folder = make_folder()
        except FolderError as error:
            raise CannotServe(str(error)) from error
        guard = Guard(folder)
        stack.callback(guard.release)
        folder.chmod(0o711)  # PostgreSQL may run as another user, which must be able to enter the folder
        ours = folder / "aws"
        ours.mkdir(0o700)
        log = ours / "local_aws.log"
        logging.basicConfig(filename=log, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        logging.getLogger("botocore").setLevel(logging.WARNING)
        # Import moto in a second thread while PostgreSQL starts. PostgreSQL ends with the thread that started it:
        # the main thread, or after a restart this second one, which therefore lives as long.
        other = stack.enter_context(ThreadPoolExecutor(1))
        starting = other.submit(_start_server, settings, ours, guard)
        postgres = Postgres(folder / "postgres", database=settings.database, port=settings.database_port)
        causes = []
        try:
            postgres.start()
            stack.callback(postgres.crash)  # no orderly end: its folder is removed, too
        except PostgresError as error:
            causes.append(str(error))
        try:
            server = starting.result()
            stack.callback(server.stop)
        except CannotServe as error:
            causes.insert(0, str(error))
        if causes:
            raise CannotServe("\n".join(causes))
        try:
            gate = Gate(postgres.port, server.port, server.keys.control_authorization)
        except GateError as error:
            raise CannotServe(str(error)) from error
        stack.callback(gate.close)
        guard.watch(gate.pid)
        gc.freeze()
        server.aurora.address = f"{gate.host}:{gate.port}"
        server.aurora.restart = lambda: other.submit(_restart, postgres).result()
        yield Served(
            endpoint_url=server.endpoint_url,
            account=settings.account,
            region=settings.region,
            access_key=server.keys.root.access_key,
            secret_key=server.keys.root.secret_key,
            database_url=postgres.url,
            database_host=postgres.host,
            database_port=postgres.port,
            database_user=postgres.user,
            database_password=postgres.password,
            database=postgres.database,
            aurora_endpoint=f"{gate.host}:{gate.port}",
            pid=os.getpid(),
            folder=str(folder),
            log=str(log),
        )
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, signal.SIG_IGN)  # the shutdown has begun already


def wait_for_the_end(of_input: bool) -> None:
    """Returns on Ctrl-C, SIGTERM and, if `of_input`, the end of standard input, unless the input was `keep`."""
    with suppress(KeyboardInterrupt):
        if of_input and sys.stdin.read().strip() != "keep":
            return
        while True:
            signal.pause()


def _start_server(settings: Settings, folder: Path, guard: Guard) -> Server:
    from local_aws.server import PortInUse, Server, listen  # also imports moto, which is slow

    try:
        listener = listen(settings.port)
    except PortInUse as error:
        raise CannotServe(str(error)) from error
    server = Server(listener, folder, settings.account, settings.region, guard.watch)
    server.start()
    return server


def _restart(postgres: Postgres) -> None:
    postgres.crash()
    postgres.start()
