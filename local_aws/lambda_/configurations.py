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
_PATH = re.compile(r"/[0-9-]+/functions(?:/(?P<name>[^/]+)(?P<part>/configuration|/invocations|/versions)?)?/?")
_VALUES = {
    "LogFormat": ("JSON", "Text"),
    "ApplicationLogLevel": ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"),
    "SystemLogLevel": ("DEBUG", "INFO", "WARN"),
}
_INACTIVE = "The function is inactive and its VPC connection is no longer available. Wait for the VPC connection to "


class Configurations:
    """Keeps functions' states and LoggingConfig; forwards all requests but invocations of one that is not Active."""

    def __init__(self) -> None:
        self._states: dict[str, dict[str, Any]] = {}
        self._logging: dict[tuple[str, str], dict[str, str]] = {}
        """By name and version."""

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
        logging = content.get("LoggingConfig") or {}
        _refuse_unknown_values(logging)
        answer = inner(request)
        name = found["name"] or content.get("FunctionName")
        if answer.status_code >= 300 or not name or not answer.get_data():
            return answer
        latest = self._logging.get((name, "$LATEST"), {}) if found["name"] else {}
        self._logging[name, "$LATEST"] = {**latest, **logging}
        told = json.loads(answer.get_data())
        for each in told.get("Versions", [told.get("Configuration", told)]):
            if request.method == "POST" and found["part"] == "/versions":
                self._logging.setdefault((name, each["Version"]), latest)
            each |= {**self._of(name), "LoggingConfig": self._logging_of(name, each.get("Version", "$LATEST"))}
        answer.set_data(json.dumps(told))
        return answer

    def _logging_of(self, name: str, version: str) -> dict[str, str]:
        own = self._logging.get((name, version), {})
        told = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}", **own}
        if told["LogFormat"] == "JSON":
            return {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", **told}
        return {field: value for field, value in told.items() if field not in ("ApplicationLogLevel", "SystemLogLevel")}

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


def _refuse_unknown_values(logging: dict[str, str]) -> None:
    for field, allowed in _VALUES.items():
        if field in logging and logging[field] not in allowed:
            said = f"Value '{logging[field]}' at 'loggingConfig.{field[0].lower()}{field[1:]}'"
            rule = f"failed to satisfy constraint: Member must satisfy enum value set: [{', '.join(allowed)}]"
            raise Refused(rest_error("ValidationException", f"1 validation error detected: {said} {rule}"))
