"""The processes of one function, for one state of its code and configuration."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable

from local_aws.lambda_.sandbox import Sandbox
from local_aws.lambda_.spec import FunctionSpec


class Fleet:
    """Hands out idle processes, and starts one if there is none."""

    def __init__(self, start: Callable[[FunctionSpec], Sandbox]) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._idle = defaultdict[FunctionSpec, list[Sandbox]](list)
        self._members = set[Sandbox]()
        self._closed = False

    def take(self, spec: FunctionSpec) -> Sandbox:
        """Return a process for one invocation, possibly still in its init; raises CallFailed if it cannot start one."""
        while (idle := self._pop(spec)) is not None:
            if idle.alive:
                return idle
            self._end(idle)
        sandbox = self._start(spec)
        with self._lock:
            self._members.add(sandbox)
        return sandbox

    def put_back(self, sandbox: Sandbox) -> None:
        """Take a process back after its invocation, and end it if it cannot serve again."""
        with self._lock:
            serves = sandbox.alive and not self._closed
            if serves:
                self._idle[sandbox.spec].append(sandbox)
        if not serves:
            self._end(sandbox)

    def close(self, busy_too: bool = False) -> None:
        """End idle processes now, and busy ones now (`busy_too`) or when they are put back."""
        with self._lock:
            self._closed = True
            idle = {each for waiting in self._idle.values() for each in waiting}
            ending = set(self._members) if busy_too else idle
            self._idle.clear()
        for sandbox in ending:
            self._end(sandbox)

    def _pop(self, spec: FunctionSpec) -> Sandbox | None:
        with self._lock:
            return self._idle[spec].pop() if self._idle[spec] else None

    def _end(self, sandbox: Sandbox) -> None:
        with self._lock:
            self._members.discard(sandbox)
        sandbox.kill()
