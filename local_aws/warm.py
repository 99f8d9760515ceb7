"""Forks an embedded AWS from a process that has already imported moto, for callers that start many."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from tempfile import TemporaryFile
from typing import IO, cast

import psutil

from local_aws import __main__ as command
from local_aws.control_plane import import_moto
from local_aws.process import Begun, started

_SERVICES = (
    *("s3", "dynamodb", "events", "stepfunctions", "awslambda", "iam", "sts"),
    *("logs", "ec2", "rds", "secretsmanager", "cloudwatch"),
)
_NAMES = {"awslambda": "lambda"}
"""botocore's names of services that moto names differently."""


def import_ahead(account: str) -> None:
    """Imports all modules that the embedded AWS of `account` will need; starts no thread."""
    import_moto(account)
    importlib.import_module("local_aws.server")
    importlib.import_module("moto.moto_server.werkzeug_app")
    importlib.import_module("moto.stepfunctions.parser.asl.parse.asl_parser")
    utils = importlib.import_module("moto.core.utils")
    for service in _SERVICES:
        importlib.import_module(f"moto.{service}.urls")
        utils.get_service_model(_NAMES.get(service, service))


class Ahead:
    """A fork of this process that waits to become an embedded AWS; it ends with this process.

    Create it while this process has a single thread: a fork has no other threads, and their work would be lost.
    """

    def __init__(self, account: str) -> None:
        self._account = account
        theirs, self._stdin = os.pipe()
        self._answer, self._answering = os.pipe()
        self._printed: IO[bytes] = TemporaryFile("a+b")  # noqa: SIM115  open as long as the process lives
        self._pid = os.fork()
        if self._pid == 0:
            os.setsid()
            for end, stream in ((theirs, 0), (self._printed.fileno(), 1), (self._printed.fileno(), 2)):
                os.dup2(end, stream)
            for end in (theirs, self._stdin, self._answer):
                os.close(end)
            sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
            arguments = sys.stdin.readline()
            command.run(json.loads(arguments)) if arguments else os._exit(0)
        os.close(theirs)
        os.close(self._answering)
        self._taken = False

    def begin(self, options: list[str]) -> Begun:
        """Begins to serve in the fork; a second call, or one for another account, uses `process.started` instead."""
        if self._taken or f"--account={self._account}" not in options:
            return started(options)
        self._taken = True
        stdin = os.fdopen(self._stdin, "w")
        print(json.dumps(["serve", f"--attached={self._answering}", *options]), file=stdin, flush=True)
        process = cast("subprocess.Popen[str]", _Copy(self._pid))
        return Begun(process, stdin, os.fdopen(self._answer, encoding="utf-8"), self._printed)


class _Copy:
    """The forked child process, with the methods of `subprocess.Popen` that LocalAws uses."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._process = psutil.Process(pid)

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int | None:
        try:
            self.returncode = self._process.wait(timeout)
        except psutil.TimeoutExpired as late:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0) from late
        return self.returncode

    def kill(self) -> None:
        self._process.kill()
