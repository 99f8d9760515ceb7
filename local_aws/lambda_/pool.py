"""The processes of all functions, limited by each function's reserved concurrency."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from local_aws.lambda_.fleet import Fleet
from local_aws.lambda_.outcome import Outcome
from local_aws.lambda_.sandbox import Invocation, Sandbox
from local_aws.lambda_.spec import FunctionSpec


class Throttled(Exception):
    """All of a function's reserved concurrency is in use."""


class Pool:
    """Assigns each invocation a process that serves no other at the same time."""

    def __init__(self, start: Callable[[FunctionSpec], Sandbox]) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._busy = Counter[str]()
        self._fleets: dict[str, Fleet] = {}

    def invoke(self, spec: FunctionSpec, reserved: int | None, invocation: Invocation) -> Outcome:
        """Run one invocation; raises Throttled if `reserved` invocations of the function are already running."""
        with self._lock:
            if reserved is not None and self._busy[spec.arn] >= reserved:
                raise Throttled
            self._busy[spec.arn] += 1
        try:
            fleet = self._fleet(spec.arn)
            sandbox = fleet.take(spec)
            try:
                return sandbox.invoke(invocation)
            finally:
                fleet.put_back(sandbox)
        finally:
            with self._lock:
                self._busy[spec.arn] -= 1

    def retire(self, function_arn: str) -> None:
        """Retire all processes of a function because its code or configuration has changed or it was deleted."""
        with self._lock:
            fleet = self._fleets.pop(function_arn, None)
        if fleet is not None:
            fleet.close()

    def stop(self) -> None:
        """End all processes, including busy ones."""
        with self._lock:
            fleets = list(self._fleets.values())
        for fleet in fleets:
            fleet.close(busy_too=True)

    def _fleet(self, arn: str) -> Fleet:
        with self._lock:
            return self._fleets.setdefault(arn, Fleet(self._start))
