"""Runs a module of the project in a fork of this process, which has done its imports."""

from __future__ import annotations

import gc
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from subprocess import CompletedProcess
from tempfile import TemporaryFile

from local_aws import surroundings


def run_forked(module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> CompletedProcess[str]:
    """Run `python -m module` with this `environment` in a fork, on Linux; return it with its output.

    The caller has one thread, since a fork inherits the locks that other threads hold. As a program, each command takes
    0.5 s of CPU more for its imports (2 cores, Python 3.11, 2026-11-28).
    """
    with TemporaryFile() as stdout, TemporaryFile() as stderr:
        outputs = [file.fileno() for file in (stdout, stderr)]
        fork = get_context("fork").Process(target=_become, args=(module, arguments, environment, outputs))
        fork.start()
        fork.join()
        for file in (stdout, stderr):
            file.seek(0)
        said = [file.read().decode("utf-8", errors="replace") for file in (stdout, stderr)]
    return CompletedProcess([module, *arguments], -1 if fork.exitcode is None else fork.exitcode, *said)


def _become(module: str, arguments: Sequence[str], environment: Mapping[str, str], outputs: Sequence[int]) -> None:
    gc.disable()  # a connection of the parent's that is collected here would be closed there
    for output, stream in zip(outputs, (1, 2), strict=True):
        os.dup2(output, stream)
    sys.stdout, sys.stderr = (os.fdopen(stream, "w", encoding="utf-8", closefd=False) for stream in (1, 2))
    surroundings.adopt(environment)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
