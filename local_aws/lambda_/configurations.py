"""The layer that completes functions' configurations by what moto lacks: states other than Active, LoggingConfig.

https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
"""

from __future__ import annotations

import json
import re
import time
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from local_aws.errors import Refused, rest_error
from local_aws.http import Handler, json_answer, scope_of

_CONTROL = re.compile(r"/_functions/(?P<name>[^/]+)/state")
_PATH = re.compile(
    r"/[0-9-]+/functions(?:/(?:arn:.*:function:)?(?P<name>[^/:]+)(?::[^/]+)?(?P<part>/configuration|/invocations)?)?/?"
)
_INACTIVE = "The function is inactive and its VPC connection is no longer available. Wait for the VPC connection to "


class Configurations:
    """Keeps functions' states and LoggingConfig; forwards all requests but invocations of one that is not Active."""

    def __init__(self) -> None:
        self._states: dict[str, dict[str, Any]] = {}
        self._logging: dict[str, dict[str, str]] = {}

    def __call__(self, request: Request, inner: Handler) -> Response:
        """Handle `request`; raises Refused.

        PUT of `/_functions/NAME/state` sets the fields State, StateReason and StateReasonCode, and `seconds`: how long
        an Inactive function is Pending after the first invocation, which is refused, until it is Active again.
        """
        scope, path = scope_of(request), unquote(request.path)
        if scope is None and (told := _CONTROL.fullmatch(path)) and request.method == "PUT":
            self._states[told["name"]] = json.loads(request.get_data())
            return json_answer({})
        if scope is None or scope.service != "lambda" or not (found := _PATH.fullmatch(path)):
            return inner(request)
        if found["part"] == "/invocations":
            self._refuse_unless_active(found["name"])
            return inner(request)
        content = json.loads(request.get_data() or b"{}") if request.method in ("POST", "PUT") else {}
        answer = inner(request)
        name = found["name"] or content.get("FunctionName")
        if answer.status_code >= 300 or not name:
            return answer
        if "LoggingConfig" in content:
            self._logging[name] = content["LoggingConfig"]
        if answer.get_data():
            told = json.loads(answer.get_data())
            told.get("Configuration", told).update({**self._of(name), "LoggingConfig": self._logging_of(name)})
            answer.set_data(json.dumps(told))
        return answer

    def _logging_of(self, name: str) -> dict[str, str]:
        told = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}", **self._logging.get(name, {})}
        levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"} if told["LogFormat"] == "JSON" else {}
        return {**levels, **told}

    def _of(self, name: str) -> dict[str, Any]:
        """The fields of the function's state; empty if it is Active."""
        state = self._states.get(name, {})
        if "until" in state and time.monotonic() >= state["until"]:
            del self._states[name]
            return {}
        return {field: value for field, value in state.items() if field.startswith("State")}

    def _refuse_unless_active(self, name: str) -> None:
        match self._of(name):
            case {"State": "Inactive"}:
                until = time.monotonic() + self._states[name].get("seconds", 0)
                reason = {"StateReason": "The function is being restored.", "StateReasonCode": "Restoring"}
                self._states[name] = {"State": "Pending", **reason, "until": until}
                raise Refused(rest_error("ResourceNotReadyException", f"{_INACTIVE}reestablish and try again.", 502))
            case {"State": state}:
                said = (
                    "The operation cannot be performed at this time. The function is currently in the following state: "
                )
                raise Refused(rest_error("ResourceConflictException", said + state, 409))
