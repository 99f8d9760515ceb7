"""The layer for the API of Step Functions: definitions and executions.

moto takes most definitions that AWS refuses. It would name executions without a name None, and knows a version only to
describe it: here, the state machine as it is now is started.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from werkzeug.wrappers import Request, Response

from local_aws.errors import json_error
from local_aws.http import Handler, json_answer, with_body
from local_aws.step_functions.definitions import Diagnostic, diagnose

_PREFIX = "AWSStepFunctions."


def step_functions(request: Request, inner: Handler) -> Response:
    """The layer that refuses and validates definitions, and gives each execution a name."""
    service, _, operation = request.headers.get("X-Amz-Target", "").partition(".")
    if f"{service}." != _PREFIX:
        return inner(request)
    if operation in ("StartExecution", "StartSyncExecution"):
        return inner(_named(request))
    if operation not in ("CreateStateMachine", "UpdateStateMachine", "ValidateStateMachineDefinition"):
        return inner(request)
    asked = json.loads(request.get_data())
    definition = asked.get("definition")
    found = diagnose(definition, is_express=asked.get("type") == "EXPRESS") if isinstance(definition, str) else []
    if operation == "ValidateStateMachineDefinition":
        return _validation(found, asked.get("maxResults") or 100)
    return refusal(found) if found else inner(request)


def refusal(found: list[Diagnostic]) -> Response:
    """Return AWS's answer to a definition with these faults."""
    said = ", ".join(str(each) for each in found)
    return json_error("InvalidDefinition", f"Invalid State Machine Definition: '{said}'")


def _validation(found: list[Diagnostic], most: int) -> Response:
    told: list[dict[str, Any]] = []
    for each in found[:most]:
        place = {"location": each.location} if each.location else {}
        told.append({"severity": "ERROR", "code": each.code, "message": each.message, **place})
    return json_answer({"result": "FAIL" if found else "OK", "diagnostics": told, "truncated": len(found) > most})


def _named(request: Request) -> Request:
    asked = json.loads(request.get_data())
    name, machine = asked.get("name") or str(uuid.uuid4()), asked.get("stateMachineArn", "")
    told = {**asked, "name": name, "stateMachineArn": ":".join(machine.split(":")[:7])}
    return with_body(request, json.dumps(told).encode())
