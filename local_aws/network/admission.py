"""The layer that tells the gate before PostgreSQL whether a connection, and each block sent on it, may pass."""

from __future__ import annotations

import logging
import re
import threading
import time

from werkzeug.wrappers import Request, Response

from local_aws.faults.rules import Slow
from local_aws.faults.standing import Standing, StandingFaults
from local_aws.http import Handler, Scope, json_answer, scope_of
from local_aws.internal_client import Wire
from local_aws.lambda_.spec import FunctionSpec
from local_aws.network.callers import Caller, Callers
from local_aws.network.descriptions import barrier_before_aurora

_HOST = "127.0.0.1"
_AGAIN_SECONDS = 5
_PATH = re.compile(r"/_network/connections/(?P<caller>\d{1,5})/(?P<gate>\d{1,5})")
_log = logging.getLogger(__name__)


class Network:
    """Decides on connections to the gate; passes all other requests on, and drops decisions that they may change."""

    def __init__(self, wire: Wire, faults: StandingFaults) -> None:
        self._faults = faults
        self._wire = wire
        self._callers = Callers()
        self._resuming: dict[Standing, float] = {}
        self._rejected: dict[int, float] = {}
        self._lock = threading.Lock()
        # A cache: asking EC2, RDS and Lambda takes 20 ms, too long for each connection. All changes pass this layer.
        self._barriers: dict[tuple[str, str, str], str | None] = {}

    def __call__(self, request: Request, inner: Handler) -> Response:
        """Answers `/_network/connections/CALLER-PORT/GATE-PORT`, unsigned.

        GET returns `{"barrier"}` with 200 (admitted), 202 (admitted, but ask about each block), 403 (rejected) or 410
        (rejected again: close the connection). POST
        of a block returns `{"fault"}` with 200 (forward it), 202 (forward it and cut) or 403 (cut without forwarding).
        """
        scope = scope_of(request)
        if scope is None and (asked := _PATH.fullmatch(request.path)):
            caller = self._callers.behind((_HOST, int(asked["caller"])), (_HOST, int(asked["gate"])))
            if request.method == "GET":
                return self._judged(caller)
            return self._sent(None if caller is None else caller.spec, request.get_data())
        try:
            return inner(request)
        finally:
            if scope is not None and _may_change_the_network(scope, request.method):
                with self._lock:
                    self._barriers.clear()

    def joined(self, pid: int, spec: FunctionSpec) -> None:
        """Registers a process just started for a function."""
        self._callers.joined(pid, spec)

    def _judged(self, caller: Caller | None) -> Response:
        spec = None if caller is None else caller.spec
        name = "a process that is no function's" if spec is None else spec.name
        barrier = "it is outside of the VPC" if spec is None else self._barrier(spec)
        if barrier is None:
            self._resume(name)
            return json_answer({"barrier": None}, 202 if self._faults.cuts else 200)
        _log.info("%s does not reach Aurora: %s", name, barrier)
        return json_answer({"barrier": barrier}, 410 if caller and self._is_rejected_again(caller.pid) else 403)

    def _is_rejected_again(self, pid: int) -> bool:
        """True if this process was rejected a moment ago, and tries again although nothing has answered it.

        The kernel has accepted its connection before it can be rejected, so that the process would take the silence for
        a server that is starting, and not for packets that a network drops.
        """
        now = time.monotonic()
        before = self._rejected.setdefault(pid, now)
        self._rejected[pid] = now
        return 0 < now - before < _AGAIN_SECONDS

    def _resume(self, name: str) -> None:
        """Wait as a connection does to a cluster that is paused at 0 ACU and resumes, if a fault makes it slow.

        The first connection begins the fault's seconds, and all others wait for their end only.
        """
        met = self._faults.slow(f"{name} postgresql connects")
        if met is not None and isinstance(met.fault.effect, Slow):
            began = self._resuming.setdefault(met, time.monotonic())
            met.hold(max(0.0, began + met.fault.effect.seconds - time.monotonic()))

    def _sent(self, spec: FunctionSpec | None, content: bytes) -> Response:
        name = "-" if spec is None else spec.name
        met = self._faults.cut(f"{name} postgresql {content.decode(errors='replace')}")
        if met is None:
            return json_answer({"fault": None})
        _log.info("the fault %r cuts a connection of %s", met.name, name)
        return json_answer({"fault": met.name}, 202 if met.fault.work == "done" else 403)

    def _barrier(self, spec: FunctionSpec) -> str | None:
        key = (spec.region, spec.name, spec.version)
        with self._lock:  # held while asking, so that no outdated decision is cached
            if key not in self._barriers:
                self._barriers[key] = barrier_before_aurora(self._wire, spec)
            return self._barriers[key]


def _may_change_the_network(scope: Scope, method: str) -> bool:
    if scope.service == "lambda":
        return method in ("PUT", "DELETE")
    return scope.service in ("ec2", "rds", "cloudformation")
