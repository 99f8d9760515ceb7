"""The layer that answers the gate before PostgreSQL: may this connection pass, and what is sent on it?"""

from __future__ import annotations

import logging
import re
import threading

from werkzeug.wrappers import Request, Response

from local_aws.faults.standing import StandingFaults
from local_aws.http import Handler, Scope, json_answer, scope_of
from local_aws.internal_client import Wire
from local_aws.lambda_.spec import FunctionSpec
from local_aws.network.callers import Callers
from local_aws.network.descriptions import barrier_before_aurora

_HOST = "127.0.0.1"
_PATH = re.compile(r"/_network/connections/(?P<caller>\d{1,5})/(?P<gate>\d{1,5})")
_log = logging.getLogger(__name__)


class Network:
    """Judges connections to the gate; passes everything else on, and notices what may change its judgement."""

    def __init__(self, inner: Handler, wire: Wire, faults: StandingFaults) -> None:
        self._inner = inner
        self._faults = faults
        self._wire = wire
        self._callers = Callers()
        self._lock = threading.Lock()
        # Asking EC2, RDS and Lambda takes 20 ms, too long for each connection; nothing changes behind this layer.
        self._barriers: dict[tuple[str, str, str], str | None] = {}

    def __call__(self, request: Request) -> Response:
        """Answers `/_network/connections/CALLER-PORT/GATE-PORT`, unsigned.

        GET with 200, 202 where what is sent has to be asked for too, or 403, and `{"barrier"}`; POST of what is sent
        with 200, 202 where it is passed on and its answer is not, or 403 where it is not, and `{"fault"}`.
        """
        scope = scope_of(request)
        if scope is None and (asked := _PATH.fullmatch(request.path)):
            spec = self._callers.behind((_HOST, int(asked["caller"])), (_HOST, int(asked["gate"])))
            return self._judged(spec) if request.method == "GET" else self._sent(spec, request.get_data())
        try:
            return self._inner(request)
        finally:
            if scope is not None and _may_change_the_network(scope, request.method):
                with self._lock:
                    self._barriers.clear()

    def joined(self, pid: int, spec: FunctionSpec) -> None:
        """Takes note of a process that has just been started for a function."""
        self._callers.joined(pid, spec)

    def _judged(self, spec: FunctionSpec | None) -> Response:
        name = "a process that is no function's" if spec is None else spec.name
        barrier = "it is outside of the VPC" if spec is None else self._barrier(spec)
        if barrier is None:
            return json_answer({"barrier": None}, 202 if self._faults.cuts else 200)
        _log.info("%s does not reach Aurora: %s", name, barrier)
        return json_answer({"barrier": barrier}, 403)

    def _sent(self, spec: FunctionSpec | None, content: bytes) -> Response:
        name = "-" if spec is None else spec.name
        met = self._faults.cut(f"{name} postgresql {content.decode(errors='replace')}")
        if met is None:
            return json_answer({"fault": None})
        _log.info("the fault %r cuts a connection of %s", met.name, name)
        return json_answer({"fault": met.name}, 202 if met.fault.work == "done" else 403)

    def _barrier(self, spec: FunctionSpec) -> str | None:
        key = (spec.region, spec.name, spec.version)
        with self._lock:  # and so no answer is kept that a change, made meanwhile, has overtaken
            if key not in self._barriers:
                self._barriers[key] = barrier_before_aurora(self._wire, spec)
            return self._barriers[key]


def _may_change_the_network(scope: Scope, method: str) -> bool:
    if scope.service == "lambda":
        return method in ("PUT", "DELETE")
    return scope.service in ("ec2", "rds", "cloudformation")
