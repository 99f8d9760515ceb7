"""The embedded AWS in a process of its own, for a program that starts it and ends it."""

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
from typing import IO, Any, ClassVar, NamedTuple, Self, cast

from local_aws import surroundings
from local_aws.room import FolderError, check_room

_STOP_SECONDS = 30
_EVIDENCE_BYTES = 1 << 20
_EVIDENCE_LINES = 12
_LOGGED = re.compile(r"\d{4}-\d\d-\d\d [\d:,]+ (.*?)(?: [\d.]+ ms)?")
"""A line of the log: what it says, between when that was and how long it took."""


class LocalAwsError(Exception):
    """The embedded AWS did not start, or has ended by itself: cause, evidence, remedy."""


class Begun(NamedTuple):
    """A process that becomes an embedded AWS: standard input, where it answers, and a file of what it prints."""

    process: subprocess.Popen[str]
    stdin: IO[str]
    answer: IO[str]
    printed: IO[bytes]


def started(options: list[str]) -> Begun:
    """A new Python that serves with these options; it answers where nothing else that Python runs prints."""
    printed = TemporaryFile("a+b")  # noqa: SIM115  as long as the process lives
    reading, writing = os.pipe()
    try:
        process = subprocess.Popen(
            [*surroundings.python("local_aws"), "serve", f"--attached={writing}", *options],
            env=surroundings.stripped(os.environ),
            stdin=subprocess.PIPE,
            stdout=printed,
            stderr=printed,
            pass_fds=(writing,),
            text=True,
            start_new_session=True,  # Ctrl-C is for us, and we end it in order
        )
    finally:
        os.close(writing)
    return Begun(process, cast("IO[str]", process.stdin), os.fdopen(reading, encoding="utf-8"), printed)


class Starting:
    """An embedded AWS that is on its way."""

    def __init__(self, begun: Begun | LocalAwsError) -> None:
        self._begun = begun

    @cached_property
    def outcome(self) -> LocalAws | LocalAwsError:
        """The embedded AWS once it answers, or every cause for which it never will."""
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
        """The embedded AWS once it answers; raises LocalAwsError with every cause."""
        if isinstance(self.outcome, LocalAwsError):
            raise self.outcome
        return self.outcome

    def stop(self) -> None:
        """Ends it as soon as it answers, and does nothing where it has ended."""
        if isinstance(self.outcome, LocalAws):
            self.outcome.stop()


class LocalAws:
    """A running embedded AWS: `with LocalAws.start() as aws: boto3.client("s3", endpoint_url=aws.endpoint_url)`.

    It ends with `stop`, and when this process ends in any way.
    """

    begin: ClassVar[Callable[[list[str]], Begun]] = staticmethod(started)
    """How its process comes to be; `warm` has another way, for those who start many."""

    def __init__(self, begun: Begun, ready: dict[str, Any]) -> None:
        self._process, self._input, _, self._printed = begun
        self._kept = False
        self.pid = self._process.pid
        self.endpoint_url: str = ready["endpoint_url"]
        self.account: str = ready["account"]
        self.region: str = ready["region"]
        self.database_url: str = ready["database_url"]
        self.aurora_endpoint: str = ready["aurora_endpoint"]
        """Host and port at which functions, and nobody else, reach PostgreSQL where EC2 and RDS let them."""
        self.environment: dict[str, str] = ready["environment"]
        """What leads boto3, psycopg, the AWS command line and psql here, by name."""
        self.folder = Path(ready["folder"])
        self.log = Path(ready["log"])
        self._log = self.log.open("rb")  # open, it can be read when the folder is gone

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
        """Begins to start it and returns at once; no thread waits for it, so that the caller may import meanwhile."""
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
        """Starts it, `options` as for `launch`, and returns once it answers (2 s); raises LocalAwsError."""
        return cls.launch(**options).result()

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def check(self) -> None:
        """Raises LocalAwsError, with the last lines of its log, where it or its gate has ended, or the disk is full."""
        if not self.alive():
            cause = f"The embedded AWS (process {self.pid}) has ended with status {self._process.returncode}."
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
        """Ends it and all that it has started, and removes its folder; does nothing where it has ended or is kept."""
        if self._kept and self.alive():
            return
        self._close_input()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()  # its guard clears up
            self._process.wait()
        self._close_evidence()

    def keep(self) -> str:
        """Lets it go on after us; returns how to stop it."""
        self._kept = True
        self._close_input("keep\n")
        self._close_evidence()
        return f"The embedded AWS goes on at {self.endpoint_url} until: kill {self.pid}"

    def _close_input(self, last_words: str = "") -> None:
        if not self._input.closed:
            with suppress(BrokenPipeError):  # it has ended by itself
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
    """The last lines of each file that has any, indented below a message; a line of a log that came again, once."""
    lines = []
    for file in files:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _EVIDENCE_BYTES))
        lines += _without_repetitions(file.read().decode(errors="replace").splitlines())[-_EVIDENCE_LINES:]
    return "".join(f"\n  | {line:.300}" for line in lines)


def _without_repetitions(lines: list[str]) -> list[str]:
    """The lines, but of those of a log that differ in their times alone only the last, with their number: polls."""
    last: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(lines):
        logged = _LOGGED.fullmatch(line)
        said = logged[1] if logged else f"{number}"
        _, times = last.pop(said, ("", 0))
        last[said] = line, times + 1
    return [f"{line} ({times} times)" if times > 1 else line for line, times in last.values()]
