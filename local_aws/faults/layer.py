"""The layer that injects the faults that are set."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from local_aws.faults.control import controlled, is_control
from local_aws.faults.protocols import description, operation, refusal
from local_aws.faults.rules import ServiceError, Slow, Work
from local_aws.faults.standing import Standing, StandingFaults
from local_aws.http import Handler, Scope, scope_of, with_body
from local_aws.lambda_.sandbox import Sandbox

_NO_FUNCTION = ServiceError(
    "NoFunctionToCrash", "A fault is set that kills the function which asks, and no function that runs here has asked."
)
_log = logging.getLogger(__name__)


class Faults:
    """Injects `faults` into the requests that match them and passes all others on, unread while no fault is set."""

    def __init__(self, inner: Handler, sandbox_of: Callable[[str], Sandbox | None], faults: StandingFaults) -> None:
        self._inner = inner
        self._sandbox_of = sandbox_of
        self._faults = faults

    def __call__(self, request: Request) -> Response:
        """Answers `request`; control requests set faults and match none."""
        scope = scope_of(request)
        if scope is None:
            return controlled(request, self._faults) if is_control(request) else self._inner(request)
        if not self._faults:
            return self._inner(request)
        sandbox = self._sandbox_of(scope.access_key)
        met = self._faults.met(description(request, sandbox.spec.name if sandbox else "-", scope))
        return self._make(met, request, scope, sandbox) if met else self._inner(request)

    def _make(self, met: Standing, request: Request, scope: Scope, sandbox: Sandbox | None) -> Response:
        _log.info("the fault %r meets %s %s", met.name, scope.service, operation(request))
        match met.fault.effect:
            case ServiceError() as error:
                self._work(met.fault.work, request)
                return refusal(request, scope, error)
            case "crash":
                if sandbox is None:
                    return refusal(request, scope, _NO_FUNCTION)
                self._work(met.fault.work, request)
                sandbox.crash()
                return Response(status=500)  # the killed caller never reads it
            case Slow(seconds):
                met.hold(seconds)
            case "hold":
                met.hold()
        return self._inner(request)

    def _work(self, work: Work, request: Request) -> None:
        match work:
            case "undone":
                pass
            case "done":
                self._inner(request)
            case "going on":
                whole = with_body(request, request.get_data())  # the caller's connection closes before the work ends
                threading.Thread(target=self._go_on, args=(whole,), name="going-on", daemon=True).start()

    def _go_on(self, request: Request) -> None:
        try:
            answer = self._inner(request)
        except Exception:
            # The outermost handler of this thread: no caller receives the exception.
            _log.exception("%s broke, unseen by its caller", operation(request))
        else:
            _log.info("%d %s, unseen by its caller", answer.status_code, operation(request))
