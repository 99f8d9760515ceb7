"""Starts and stops the embedded AWS in a process of its own."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from local_aws import surroundings
from local_aws.room import FolderError, check_room

if TYPE_CHECKING:
    import psutil

_STOP_SECONDS = 30
_EVIDENCE_BYTES = 1 << 20
_EVIDENCE_LINES = 12
_LOGGED = re.compile(r"\d{4}-\d\d-\d\d [\d:,]+ (.*?)(?: [\d.]+ ms)?")
"""A line of the log: its text, between the timestamp and the duration."""


class LocalAwsError(Exception):
    """The embedded AWS did not start, or has ended by itself; the text has cause, evidence and remedy."""


class Begun(NamedTuple):
    """A process that becomes an embedded AWS: its standard input, the pipe of its answer, and a file of its output."""

    process: psutil.Process
    stdin: IO[str]
    answer: IO[str]
    printed: IO[bytes]


def started(options: list[str]) -> Begun:
    """Starts a new Python that serves with these options and answers on a pipe that no other output reaches."""
    import psutil  # not earlier: PYTHONPATH may shadow it until shadow_nothing() has run

    printed = TemporaryFile("a+b")  # noqa: SIM115  as long as the process lives
    reading, writing = os.pipe()
    try:
        process = psutil.Popen(
            [*surroundings.python("local_aws"), "serve", f"--attached={writing}", *options],
            env=surroundings.stripped(os.environ),
            stdin=subprocess.PIPE,
            stdout=printed,
            stderr=printed,
            pass_fds=(writing,),
            text=True,
            start_new_session=True,  # Ctrl-C reaches this process only, which then stops the other
        )
    finally:
        os.close(writing)
    return Begun(process, process.stdin, os.fdopen(reading, encoding="utf-8"), printed)


class Starting:
    """An embedded AWS that is starting."""

    def __init__(self, begun: Begun | LocalAwsError) -> None:
        self._begun = begun

    @cached_property
    def outcome(self) -> LocalAws | LocalAwsError:
        """Waits for the start; the embedded AWS, or an error with every cause of the failure."""
        if isinstance(self._begun, LocalAwsError):
            return self._begun
        process, stdin, answer, printed = self._begun
        with answer:
            line = answer.readline()
        ready = json.loads(line or '{"error": "The embedded AWS ended before it was ready."}')
        if "error" not in ready:
            return LocalAws(self._begun, ready)
        stdin.close()
        process.wait()
        with printed:
            return LocalAwsError(ready["error"] + _evidence(printed))

    def result(self) -> LocalAws:
        """Waits for the start and returns the embedded AWS; raises LocalAwsError with every cause."""
        if isinstance(self.outcome, LocalAwsError):
            raise self.outcome
        return self.outcome

    def stop(self) -> None:
        """Stops the embedded AWS as soon as it has started; does nothing if it failed."""
        if isinstance(self.outcome, LocalAws):
            self.outcome.stop()


class LocalAws:
    """A running embedded AWS: `with LocalAws.start() as aws: boto3.client("s3", endpoint_url=aws.endpoint_url)`.

    It ends on `stop`, and when this process ends in any way.
    """

    begin: ClassVar[Callable[[list[str]], Begun]] = staticmethod(started)
    """Creates the process; `warm` provides a faster way for callers that start many."""

    def __init__(self, begun: Begun, ready: dict[str, Any]) -> None:
        self._process, self._input, _, self._printed = begun
        self._kept = False
        self._status: int | None = None
        self.pid = self._process.pid
        self.endpoint_url: str = ready["endpoint_url"]
        self.account: str = ready["account"]
        self.region: str = ready["region"]
        self.database_url: str = ready["database_url"]
        self.aurora_endpoint: str = ready["aurora_endpoint"]
        """Host and port at which only functions reach PostgreSQL, if their VPC and security groups allow it."""
        self.environment: dict[str, str] = ready["environment"]
        """Environment variables that point boto3, psycopg, the AWS command line and psql to this AWS."""
        self.folder = Path(ready["folder"])
        self.log = Path(ready["log"])
        self._log = self.log.open("rb")  # kept open, so that it can be read after the folder is removed

    @classmethod
    def launch(
        cls,
        *,
        account: str = "000000000000",
        region: str = "us-east-1",
        database: str = "postgres",
        port: int = 0,
        database_port: int = 0,
    ) -> Starting:
        """Begins the start and returns at once; no thread waits for it, so the caller can import modules meanwhile."""
        options = [f"--account={account}", f"--region={region}", f"--database={database}"]
        ports = [f"--port={port}", f"--database-port={database_port}"]
        try:
            return Starting(cls.begin([*options, *ports]))
        except OSError as error:
            remedy = "set TMPDIR to a folder that may be written to, on a disk with room"
            cause = "The embedded AWS cannot be started."
            return Starting(LocalAwsError(f"{cause}\n  evidence: {error}\n  remedy: {remedy}"))

    @classmethod
    def start(cls, **options: Any) -> LocalAws:
        """Starts an embedded AWS, `options` as for `launch`; returns once it answers (2 s); raises LocalAwsError."""
        return cls.launch(**options).result()

    def alive(self) -> bool:
        """True if its process still runs."""
        from psutil import TimeoutExpired

        with suppress(TimeoutExpired):
            self._status = int(self._process.wait(0))
            return False
        return True

    def check(self) -> None:
        """Raises LocalAwsError, with the log's last lines, if the AWS or its gate has ended or the disk is full."""
        if not self.alive():
            cause = f"The embedded AWS (process {self.pid}) has ended with status {self._status}."
            raise LocalAwsError(f"{cause}{_evidence(self._printed, self._log)}\n  Run it again.")
        try:
            check_room(self.folder)
        except FolderError as full:
            raise LocalAwsError(str(full)) from full
        host, _, port = self.aurora_endpoint.rpartition(":")
        try:
            socket.create_connection((host, int(port))).close()
        except OSError as error:
            cause = f"The gate before PostgreSQL, {self.aurora_endpoint}, does not answer any more ({error})."
            raise LocalAwsError(f"{cause}{_evidence(self._printed)}\n  Run it again.") from error

    def stop(self) -> None:
        """Ends the process and all that it started, and removes its folder; does nothing if it is kept or has ended."""
        from psutil import TimeoutExpired

        if self._kept and self.alive():
            return
        self._close_input()
        try:
            self._process.wait(_STOP_SECONDS)
        except TimeoutExpired:
            self._process.kill()  # its orphan guard cleans up
            self._process.wait()
        self._close_evidence()

    def keep(self) -> str:
        """Lets it run on after this process ends; returns a sentence that says how to stop it."""
        self._kept = True
        self._close_input("keep\n")
        self._close_evidence()
        return f"The embedded AWS goes on at {self.endpoint_url} until: kill {self.pid}"

    def _close_input(self, last_words: str = "") -> None:
        if not self._input.closed:
            with suppress(BrokenPipeError):  # the embedded AWS has ended by itself
                self._input.write(last_words)
                self._input.close()

    def _close_evidence(self) -> None:
        self._printed.close()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def _evidence(*files: IO[bytes]) -> str:
    """Returns the last lines of each file, indented to follow a message; a repeated log line appears once."""
    lines = []
    for file in files:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _EVIDENCE_BYTES))
        lines += _without_repetitions(file.read().decode(errors="replace").splitlines())[-_EVIDENCE_LINES:]
    return "".join(f"\n  | {line:.300}" for line in lines)


def _without_repetitions(lines: list[str]) -> list[str]:
    """Merges log lines that differ only in their times, such as polls, into the last one, with their number."""
    last: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(lines):
        logged = _LOGGED.fullmatch(line)
        said = logged[1] if logged else f"{number}"
        _, times = last.pop(said, ("", 0))
        last[said] = line, times + 1
    return [f"{line} ({times} times)" if times > 1 else line for line, times in last.values()]
