"""Forks an embedded AWS from a process that has already imported moto, for callers that start many."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from tempfile import TemporaryFile
from typing import IO

import psutil

from local_aws import __main__ as command
from local_aws.control_plane import import_moto
from local_aws.process import Begun, started

_SERVICES = {
    **{name: name for name in ("s3", "dynamodb", "events", "stepfunctions", "iam", "sts")},
    **{name: name for name in ("logs", "ec2", "rds", "secretsmanager", "cloudwatch")},
    "awslambda": "lambda",
}
"""Services by moto's names, with botocore's."""


def import_ahead(account: str) -> None:
    """Imports all modules that the embedded AWS of `account` will need; starts no thread."""
    import_moto(account)
    importlib.import_module("local_aws.server")
    importlib.import_module("moto.moto_server.werkzeug_app")
    importlib.import_module("moto.stepfunctions.parser.asl.parse.asl_parser")
    utils = importlib.import_module("moto.core.utils")
    for moto_name, name in _SERVICES.items():
        importlib.import_module(f"moto.{moto_name}.urls")
        utils.get_service_model(name)


def prepare() -> Callable[[list[str]], Begun]:
    """Fork this process, which has to have one thread; return the function that makes the fork serve, once.

    A fork has one thread alone, and the locks that others held would never be released. So it is made before the
    process starts any, and waits for its options. It ends with this process.
    """
    printed: IO[bytes] = TemporaryFile("a+b")  # noqa: SIM115  open as long as the process lives
    theirs, stdin = os.pipe()
    reading, answer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        for end, stream in ((theirs, 0), (printed.fileno(), 1), (printed.fileno(), 2)):
            os.dup2(end, stream)
        for end in (theirs, stdin, reading):
            os.close(end)
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        options = sys.stdin.readline()
        os._exit(command.main(["serve", f"--attached={answer}", *json.loads(options)]) if options else 0)
    os.close(theirs)
    os.close(answer)
    prepared = [Begun(psutil.Process(pid), os.fdopen(stdin, "w"), os.fdopen(reading, encoding="utf-8"), printed)]

    def begin(options: list[str]) -> Begun:
        if not prepared:
            return started(options)
        begun = prepared.pop()
        print(json.dumps(options), file=begun.stdin, flush=True)
        return begun

    return begin
