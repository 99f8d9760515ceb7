"""The processes of one function, for one state of its code and configuration."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future

from local_aws.lambda_.sandbox import Sandbox
from local_aws.lambda_.spec import FunctionSpec

_log = logging.getLogger(__name__)


class Fleet:
    """Hands out idle processes, and starts one if there is none."""

    def __init__(self, start: Callable[[FunctionSpec], Sandbox]) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._idle = defaultdict[FunctionSpec, list[Future[Sandbox]]](list)
        self._members = set[Sandbox]()
        self._closed = False

    def take(self, spec: FunctionSpec) -> Sandbox:
        """Return a process for one invocation, possibly still in its init; raises CallFailed if it cannot start one."""
        while (idle := self._pop(spec)) is not None:
            if idle.exception() is None:
                if idle.result().alive:
                    return idle.result()
                self._end(idle.result())
        return self._begin(spec)

    def put_back(self, sandbox: Sandbox) -> None:
        """Take a process back after its invocation, and end it if it cannot serve again."""
        with self._lock:
            serves = sandbox.alive and not self._closed
            if serves:
                done = Future[Sandbox]()
                done.set_result(sandbox)
                self._idle[sandbox.spec].append(done)
        if not serves:
            self._end(sandbox)

    def prepare(self, spec: FunctionSpec) -> None:
        """Start a process in the background, so that the first invocation finds its imports done or under way."""
        starting = Future[Sandbox]()
        with self._lock:
            self._idle[spec].append(starting)
        threading.Thread(target=self._prepare, args=(spec, starting), name="prepare", daemon=True).start()

    def close(self, busy_too: bool = False) -> None:
        """End idle processes now, and busy ones now (`busy_too`) or when they are put back."""
        with self._lock:
            self._closed = True
            idle = [each for waiting in self._idle.values() for each in waiting]
            self._idle.clear()
            members = list(self._members)
        for each in idle:
            each.add_done_callback(self._end_started)
        if busy_too:
            for sandbox in members:
                self._end(sandbox)

    def _pop(self, spec: FunctionSpec) -> Future[Sandbox] | None:
        with self._lock:
            return self._idle[spec].pop() if self._idle[spec] else None

    def _begin(self, spec: FunctionSpec) -> Sandbox:
        sandbox = self._start(spec)
        with self._lock:
            self._members.add(sandbox)
        return sandbox

    def _prepare(self, spec: FunctionSpec, starting: Future[Sandbox]) -> None:
        try:
            starting.set_result(self._begin(spec))
        except Exception as failure:
            # Only logged in this background thread: the next take() starts a process itself and raises the error.
            starting.set_exception(failure)
            _log.warning("no process of %s is started ahead: %s", spec.name, failure)

    def _end_started(self, started: Future[Sandbox]) -> None:
        if started.exception() is None:
            self._end(started.result())

    def _end(self, sandbox: Sandbox) -> None:
        with self._lock:
            self._members.discard(sandbox)
        sandbox.kill()
