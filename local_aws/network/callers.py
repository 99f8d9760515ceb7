"""Finds the function that holds a connection."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import psutil

from local_aws.lambda_.spec import FunctionSpec
from local_aws.network.sockets import Address, holder


class Caller(NamedTuple):
    """A process of a function."""

    pid: int
    spec: FunctionSpec


class Callers:
    """The processes of functions; each leads a session of its own, to which its child processes belong."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._functions: dict[int, FunctionSpec] = {}

    def joined(self, pid: int, spec: FunctionSpec) -> None:
        """Registers a process just started for a function."""
        with self._lock:
            running = {each: known for each, known in self._functions.items() if psutil.pid_exists(each)}
            self._functions = running | {pid: spec}

    def behind(self, near: Address, far: Address) -> Caller | None:
        """Returns the function's process that holds the connection from `near` to `far`; None if no function does."""
        functions = self._functions
        members = {pid: Caller(leader, functions[leader]) for pid, leader in _sessions() if leader in functions}
        pid = holder(near, far, members)
        return None if pid is None else members[pid]


def _sessions() -> Iterator[tuple[int, int]]:
    """Yields each process id with that of its session leader."""
    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError):
            yield pid, os.getsid(pid)
