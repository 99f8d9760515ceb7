"""Which function is behind a connection."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress

import psutil

from local_aws.lambda_.spec import FunctionSpec
from local_aws.network.sockets import Address, holder


class Callers:
    """The processes of functions; each leads a session of its own, which what it starts belongs to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._functions: dict[int, FunctionSpec] = {}

    def joined(self, pid: int, spec: FunctionSpec) -> None:
        """Takes note of a process that has just been started for a function."""
        with self._lock:
            running = {each: known for each, known in self._functions.items() if psutil.pid_exists(each)}
            self._functions = running | {pid: spec}

    def behind(self, near: Address, far: Address) -> FunctionSpec | None:
        """The function whose process holds the connection from `near` to `far`; None where it is nobody's."""
        functions = self._functions
        members = {pid: functions[leader] for pid, leader in _sessions() if leader in functions}
        pid = holder(near, far, members)
        return None if pid is None else members[pid]


def _sessions() -> Iterator[tuple[int, int]]:
    """Every process with the leader of its session."""
    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError):
            yield pid, os.getsid(pid)
