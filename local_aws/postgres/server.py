"""A real PostgreSQL 16 in a private folder: SCRAM password, loopback only; it ends with this process."""

import os
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from local_aws.postgres.binaries import Account, PostgresError, binaries, open_folder

__all__ = ["Postgres", "PostgresError"]

HOST = "127.0.0.1"
START_SECONDS = 30.0
# Fast shutdown, immediate shutdown and SIGKILL, each with the seconds to wait for the end.
ENDINGS = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    # Shared memory in the data folder, not /dev/shm: it is removed with the folder, even after a kill -9.
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "50",
    "shared_buffers": "64MB",
    # Aurora has no checkpoints; here a checkpoint during a large file would write all its pages again.
    "max_wal_size": "4GB",
    # The default 4,096 slow down each login to protect weak passwords; this one has 192 random bits.
    "scram_iterations": "1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Postgres:
    """A private PostgreSQL server: `with Postgres(folder) as server: psycopg.connect(server.url)`.

    Call `start` from a thread that lives as long as the server, such as the main thread: on Linux the server ends with
    the thread that started it. `stop` does not remove `folder`, which belongs to the caller. Under root the server runs
    as `nobody`, and every folder above `folder` must let other users enter (mode 0711), unlike those of mkdtemp.
    """

    host = HOST

    def __init__(self, folder: Path, *, user: str = "postgres", database: str = "postgres", port: int = 0) -> None:
        self.user = user
        self.database = database
        self.password = secrets.token_urlsafe(24)
        self.port = port
        self._folder = folder.absolute()
        self._data = self._folder / "data"
        self._log = self._folder / "postgres.log"
        self._initialised = False
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The connection URL for libpq."""
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return f"postgresql://{login}@{self.host}:{self.port}/{quote(self.database, safe='')}"

    @property
    def pid(self) -> int:
        """The server's process id; raises PostgresError while it is not running."""
        if self._process is None:
            raise PostgresError("PostgreSQL is not running.\n  Call start() first.")
        return self._process.pid

    def start(self) -> Self:
        """Create the cluster, unless an earlier `start` did, and start the server (about 1 s).

        Raises PostgresError if the port is in use, the folder holds another cluster, or the server ends.
        """
        if self._process is not None and self._process.poll() is None:
            return self
        account = Account.current()
        named = self.port
        port = _free_port(named)
        try:
            open_folder(self._folder, account)
            programs = binaries(self._folder, account)
            if not self._initialised:
                self._initialise(programs, account)
            while not self._listens(programs, account, port):
                port = _free_port(named)
            self._create_database()
        except BaseException as error:
            self.stop()
            if not isinstance(error, OSError):
                raise
            raise PostgresError(
                f"PostgreSQL could not be set up in {self._folder}.\n  {error}\n"
                "  Run this as an ordinary user, in a folder of its own with 100 MB to spare."
            ) from error
        return self

    def stop(self) -> None:
        """Stop the server by a fast shutdown, if needed by stronger signals; does nothing if it has ended."""
        if self._process is None:
            return
        for ending, patience in ENDINGS:
            self._process.send_signal(ending)
            try:
                self._process.wait(patience)
                break
            except subprocess.TimeoutExpired:
                continue
        self._process = None

    def crash(self) -> None:
        """End the server at once, without an orderly end of its sessions; `start` recovers committed transactions."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()

    def _initialise(self, programs: Path, account: Account) -> None:
        password = self._folder / "password"
        self._data.mkdir(mode=0o700, exist_ok=True)
        password.touch(mode=0o600)
        password.write_text(self.password)
        for path in (self._data, password):
            os.chown(path, account.uid, account.gid)
        options = [f"--username={self.user}", "--auth=scram-sha-256", f"--pwfile={password}", "--encoding=UTF8"]
        options += ["--no-locale", "--no-sync", "--no-instructions", "--no-clean"]
        options += [f"--set={name}={value}" for name, value in SETTINGS.items()]
        self._process = account.launch(programs / "initdb", f"--pgdata={self._data}", *options, log=self._log)
        status = self._process.wait()
        self._process = None
        password.unlink()
        if status:
            cause = f"PostgreSQL could not create its data folder, {self._data}."
            raise self._failure(cause, 0, "Mend what it says, and start again in an empty folder.")
        self._initialised = True

    def _listens(self, programs: Path, account: Account, port: int) -> bool:
        """Start the server and wait until it accepts connections; False if another program took the port meanwhile."""
        log_start = self._log.stat().st_size
        self.port = port
        self._process = account.launch(programs / "postgres", f"-D{self._data}", f"-p{port}", log=self._log)
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None:
            try:
                self._connect().close()
                return True
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    seen = f"PostgreSQL did not answer within {START_SECONDS:.0f} s; last saw: {error}"
                    raise self._failure(seen, log_start, "Start again when this machine has less to do.") from error
            time.sleep(0.02)
        if b"Address already in use" in self._log.read_bytes()[log_start:]:
            return False
        ended = f"PostgreSQL ended while it was starting, with status {self._process.returncode}."
        raise self._failure(ended, log_start, "Mend what it says, and start again.")

    def _create_database(self) -> None:
        with self._connect() as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.database]).fetchone()
            if not known:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database)))

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=HOST,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
            # Another program may have taken the port; without this it could request the password in plain text.
            require_auth="scram-sha-256",
            # Explicit, to override the caller's PGSSLMODE and PGGSSENCMODE.
            sslmode="disable",
            gssencmode="disable",
        )

    def _failure(self, cause: str, log_start: int, remedy: str) -> PostgresError:
        lines = self._log.read_bytes()[log_start:].decode(errors="replace").splitlines()
        evidence = [f"  {self._log} says:", *(f"    {line}" for line in lines[-15:])]
        return PostgresError("\n".join([cause, *evidence, f"  {remedy}"]))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def _free_port(named: int) -> int:
    """Return `named`, or a free port if it is 0; raise PostgresError if it cannot be bound."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, named))
        except (OSError, OverflowError) as error:
            raise PostgresError(
                f"PostgreSQL cannot listen on port {named} of {HOST}.\n  {error}\n"
                "  Name another port, or 0 for any that is free."
            ) from error
        port: int = probe.getsockname()[1]
        return port
