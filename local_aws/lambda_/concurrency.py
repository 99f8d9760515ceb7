"""The layer that stores reserved concurrency, because moto treats 0 (throttle every call) as no reservation."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from local_aws.http import Handler, json_answer, scope_of

_PATH = re.compile(r"/[0-9-]+/functions/(?:arn:.*:function:)?(?P<name>[^/:]+)/concurrency/?")


class ReservedConcurrency:
    """Forwards the operations and records each function's reservation."""

    def __init__(self) -> None:
        self._reserved: dict[tuple[str, str], int] = {}

    def __call__(self, request: Request, inner: Handler) -> Response:
        """Handle `request`."""
        answer = inner(request)
        scope, path = scope_of(request), _PATH.fullmatch(unquote(request.path))
        if scope is None or scope.service != "lambda" or path is None or answer.status_code >= 300:
            return answer
        function = (scope.region, path["name"])
        if request.method == "PUT":
            self._reserved[function] = json.loads(request.get_data())["ReservedConcurrentExecutions"]
        elif request.method == "DELETE":
            self._reserved.pop(function, None)
            return answer
        reserved = self.of(*function)
        return json_answer({} if reserved is None else {"ReservedConcurrentExecutions": reserved})

    def of(self, region: str, name: str) -> int | None:
        """The number of invocations of a function that may run at once; None if nothing is reserved."""
        return self._reserved.get((region, name))
