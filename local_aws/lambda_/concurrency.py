"""The layer that stores reserved concurrency, because moto treats 0 (throttle every call) as no reservation."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from local_aws.errors import Refused, rest_error
from local_aws.http import Handler, json_answer, scope_of

_PATH = re.compile(r"/[0-9-]+/functions/(?P<name>[^/]+)(?P<part>/concurrency)?/?")
_MOST_RESERVED = 900
"""Units that functions may reserve: an account has 1,000, and 100 stay unreserved."""

_NEGATIVE = (
    "1 validation error detected: Value '{}' at 'reservedConcurrentExecutions' failed to satisfy constraint: "
    "Member must have value greater than or equal to 0"
)
_TOO_MANY = (
    "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
    "minimum value of [100]."
)


class ReservedConcurrency:
    """Forwards the operations and records each function's reservation."""

    def __init__(self) -> None:
        self._reserved: dict[tuple[str, str], int] = {}

    def __call__(self, request: Request, inner: Handler) -> Response:
        """Handle `request`; raises Refused."""
        scope, path = scope_of(request), _PATH.fullmatch(unquote(request.path))
        if scope is None or scope.service != "lambda" or path is None:
            return inner(request)
        function = (scope.region, path["name"])
        wanted = json.loads(request.get_data())["ReservedConcurrentExecutions"] if request.method == "PUT" else None
        others = sum(number for key, number in self._reserved.items() if key[0] == scope.region and key != function)
        if wanted is not None and wanted < 0:
            raise Refused(rest_error("ValidationException", _NEGATIVE.format(wanted)))
        if wanted is not None and wanted + others > _MOST_RESERVED:
            raise Refused(rest_error("InvalidParameterValueException", _TOO_MANY))
        answer = inner(request)
        if request.method == "DELETE" and answer.status_code < 300:  # the reservation, or the function with it
            self._reserved.pop(function, None)
        if not path["part"] or request.method == "DELETE" or answer.status_code >= 300:
            return answer
        if wanted is not None:
            self._reserved[function] = wanted
        reserved = self.of(*function)
        return json_answer({} if reserved is None else {"ReservedConcurrentExecutions": reserved})

    def of(self, region: str, name: str) -> int | None:
        """The number of invocations of a function that may run at once; None if nothing is reserved."""
        return self._reserved.get((region, name))
