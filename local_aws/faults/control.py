"""Sets, reads and removes faults by control requests under `/_faults`, a path that no AWS service uses."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from local_aws.faults.rules import MalformedFault, fault_of
from local_aws.faults.standing import StandingFaults
from local_aws.http import json_answer, json_error

_PATH = "/_faults"


def is_control(request: Request) -> bool:
    """True if an unsigned request is a control request for faults."""
    return request.path == _PATH or request.path.startswith(f"{_PATH}/")


def controlled(request: Request, faults: StandingFaults) -> Response:
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
