"""The layer that keeps functions' DeadLetterConfig, which moto drops.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
"""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from local_aws.http import Handler, scope_of

_PATH = re.compile(
    r"/[0-9-]+/functions(?:/(?:arn:.*:function:)?(?P<name>[^/:]+)(?::[^/]+)?(?P<part>/configuration)?)?/?"
)


class DeadLetters:
    """Records the target of each function, and adds it to the answers about the function."""

    def __init__(self) -> None:
        self._configs: dict[tuple[str, str], dict[str, str]] = {}
        """By region and name."""

    def __call__(self, request: Request, inner: Handler) -> Response:
        """Handle `request`."""
        scope, path = scope_of(request), _PATH.fullmatch(unquote(request.path))
        if scope is None or scope.service != "lambda" or path is None:
            return inner(request)
        content = json.loads(request.get_data() or b"{}") if request.method in ("POST", "PUT") else {}
        answer = inner(request)
        name = path["name"] or content.get("FunctionName")
        if answer.status_code >= 300 or not name or not answer.get_data():
            return answer
        function = (scope.region, name)
        if not path["name"] or "DeadLetterConfig" in content:
            self._configs[function] = content.get("DeadLetterConfig") or {}
        if self._configs.get(function, {}).get("TargetArn"):
            told = json.loads(answer.get_data())
            told.get("Configuration", told)["DeadLetterConfig"] = self._configs[function]
            answer.set_data(json.dumps(told))
        return answer
