"""The layer that injects faults; control requests under `/_faults`, a path of no AWS service, set and remove them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from local_aws.errors import ServiceError, error_response, json_error
from local_aws.faults.rules import MalformedFault, Slow, Work, fault_of
from local_aws.faults.standing import Standing, StandingFaults
from local_aws.http import Handler, Scope, json_answer, scope_of, with_body
from local_aws.lambda_.sandbox import Sandbox

_PATH = "/_faults"
_BODY_BYTES = 65_536
_NO_FUNCTION = ServiceError(
    "NoFunctionToCrash", "A fault is set that kills the function which asks, and no function that runs here has asked."
)
_log = logging.getLogger(__name__)


class Faults:
    """Injects `faults` into the requests that match them and passes all others on, unread while no fault is set."""

    def __init__(self, sandbox_of: Callable[[str], Sandbox | None], faults: StandingFaults) -> None:
        self._sandbox_of = sandbox_of
        self._faults = faults

    def __call__(self, request: Request, inner: Handler) -> Response:
        """Answers `request`; control requests set faults and match none."""
        scope = scope_of(request)
        if scope is None:
            is_control = request.path == _PATH or request.path.startswith(f"{_PATH}/")
            return _control(request, self._faults) if is_control else inner(request)
        if not self._faults:
            return inner(request)
        sandbox = self._sandbox_of(scope.access_key)
        met = self._faults.met(_description(request, sandbox.spec.name if sandbox else "-", scope))
        return self._inject(met, request, inner, scope, sandbox) if met else inner(request)

    def _inject(
        self, met: Standing, request: Request, inner: Handler, scope: Scope, sandbox: Sandbox | None
    ) -> Response:
        _log.info("the fault %r meets %s %s", met.name, scope.service, _operation(request))
        match met.fault.effect:
            case ServiceError() as error:
                _do(met.fault.work, request, inner)
                return error_response(request, scope, error)
            case "crash":
                if sandbox is None:
                    return error_response(request, scope, _NO_FUNCTION)
                _do(met.fault.work, request, inner)
                sandbox.crash()
                return Response(status=500)  # the killed caller never reads it
            case Slow(seconds):
                met.hold(seconds)
            case "hold":
                met.hold()
        return inner(request)


def _do(work: Work, request: Request, inner: Handler) -> None:
    match work:
        case "undone":
            pass
        case "done":
            inner(request)
        case "going on":
            whole = with_body(request, request.get_data())  # the caller's connection closes before the work ends
            threading.Thread(target=_go_on, args=(whole, inner), name="going-on", daemon=True).start()


def _go_on(request: Request, inner: Handler) -> None:
    try:
        answer = inner(request)
    except Exception:
        # The outermost handler of this thread: no caller receives the exception.
        _log.exception("%s broke, unseen by its caller", _operation(request))
    else:
        _log.info("%d %s, unseen by its caller", answer.status_code, _operation(request))


def _operation(request: Request) -> str:
    """Returns `PutItem` if a header names the operation, else `GET /bucket/key?versionId=1 bytes=0-9`, URL-decoded."""
    if target := request.headers.get("X-Amz-Target"):
        return target.rpartition(".")[2]
    path = f"{request.path}?{request.query_string.decode()}".rstrip("?")
    return " ".join(filter(None, (request.method, path, request.headers.get("Range"))))


def _description(request: Request, caller: str, scope: Scope) -> str:
    """Returns `{caller} {service} {operation} {body}`, with the first 64 KiB of the body."""
    body = request.get_data()[:_BODY_BYTES].decode(errors="replace")
    return f"{caller} {scope.service} {_operation(request)} {body}"


def _control(request: Request, faults: StandingFaults) -> Response:
    """Answers PUT and DELETE of a name with `{}`, GET with `{"hits", "held"}`; DELETE without a name removes all."""
    name = request.path.removeprefix(_PATH).removeprefix("/")
    match request.method:
        case "PUT" if name:
            try:
                faults.put(name, fault_of(request.get_data()))
            except MalformedFault as malformed:
                return json_error("MalformedFault", str(malformed))
            return json_answer({})
        case "GET" if name:
            if standing := faults.get(name):
                return json_answer({"hits": standing.hits, "held": standing.held})
            return json_error("NoSuchFault", f"There is no fault {name!r}.", 404)
        case "DELETE":
            faults.remove(*filter(None, [name]))
            return json_answer({})
    return json_error("MethodNotAllowed", f"{_PATH}/NAME takes PUT, GET and DELETE, {_PATH} takes DELETE.", 405)
