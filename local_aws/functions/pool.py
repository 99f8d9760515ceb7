"""The processes of all functions: who is idle, who is busy, and how many there may be."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable

from local_aws.functions.outcome import Outcome
from local_aws.functions.sandbox import Invocation, Sandbox
from local_aws.functions.spec import FunctionSpec


class Throttled(Exception):
    """All of a function's reserved concurrency is in use."""


class Pool:
    """Gives each invocation a process of its own, a warm one if there is one."""

    def __init__(self, start: Callable[[FunctionSpec], Sandbox]) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._busy = Counter[str]()
        self._idle = defaultdict[FunctionSpec, list[Sandbox]](list)
        self._current = defaultdict[str, set[Sandbox]](set)
        self._stopped = False

    def invoke(self, spec: FunctionSpec, reserved: int | None, invocation: Invocation) -> Outcome:
        """Runs one invocation; raises Throttled where `reserved` processes are busy already."""
        with self._lock:
            if reserved is not None and self._busy[spec.arn] >= reserved:
                raise Throttled
            self._busy[spec.arn] += 1
        sandbox = None
        try:
            sandbox = self._warm(spec) or self._started(spec)
            return sandbox.invoke(invocation)
        finally:
            with self._lock:
                self._busy[spec.arn] -= 1
            if sandbox is not None:
                self._put_back(sandbox)

    def prepare(self, spec: FunctionSpec) -> None:
        """Starts a process ahead of the first invocation, which then finds its imports done or under way."""
        self._put_back(self._started(spec))

    def retire(self, function_arn: str) -> None:
        """Lets no process of a function serve again: its code or configuration has changed, or it is gone."""
        with self._lock:
            retired = self._current.pop(function_arn, set())
            idle = [sandbox for spec in self._idle if spec.arn == function_arn for sandbox in self._idle[spec]]
            for spec in [spec for spec in self._idle if spec.arn == function_arn]:
                del self._idle[spec]
        for sandbox in retired.intersection(idle):
            sandbox.kill()

    def stop(self) -> None:
        """Ends all processes, the busy ones too."""
        with self._lock:
            self._stopped = True
            everyone = [sandbox for sandboxes in self._current.values() for sandbox in sandboxes]
        for sandbox in everyone:
            sandbox.kill()

    def _warm(self, spec: FunctionSpec) -> Sandbox | None:
        while True:
            with self._lock:
                if not self._idle[spec]:
                    return None
                sandbox = self._idle[spec].pop()
            if sandbox.alive:
                return sandbox
            self._put_back(sandbox)

    def _started(self, spec: FunctionSpec) -> Sandbox:
        sandbox = self._start(spec)
        with self._lock:
            self._current[spec.arn].add(sandbox)
        return sandbox

    def _put_back(self, sandbox: Sandbox) -> None:
        with self._lock:
            serves = sandbox in self._current[sandbox.spec.arn] and sandbox.alive and not self._stopped
            if serves:
                self._idle[sandbox.spec].append(sandbox)
            else:
                self._current[sandbox.spec.arn].discard(sandbox)
        if not serves:
            sandbox.kill()
