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
from local_aws.http import Handler, json_answer, scope_of, with_body
from local_aws.internal_client import CallFailed, Wire
from local_aws.step_functions.definitions import Diagnostic, diagnose, diagnose_state
from local_aws.step_functions.single_state import run_state


class StepFunctions:
    """The layer that refuses and validates definitions, tests states, and gives each execution a name."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def __call__(self, request: Request, inner: Handler) -> Response:
        """Answers `request`."""
        service, _, operation = request.headers.get("X-Amz-Target", "").partition(".")
        if service != "AWSStepFunctions":
            return inner(request)
        if operation in ("StartExecution", "StartSyncExecution"):
            return inner(_name_execution(request))
        if operation == "TestState" and (scope := scope_of(request)):
            return self._test_state(json.loads(request.get_data()), scope.region)
        if operation not in ("CreateStateMachine", "UpdateStateMachine", "ValidateStateMachineDefinition"):
            return inner(request)
        asked = json.loads(request.get_data())
        definition = asked.get("definition")
        is_express = asked.get("type") == "EXPRESS"
        found = diagnose(definition, is_express=is_express) if isinstance(definition, str) else []
        if operation == "ValidateStateMachineDefinition":
            return _make_validation(found, asked.get("maxResults") or 100)
        return _make_refusal(found) if found else inner(request)

    def _test_state(self, asked: dict[str, Any], region: str) -> Response:
        if found := diagnose_state(asked["definition"]):
            return _make_refusal(found)
        if json.loads(asked["definition"])["Type"] in ("Map", "Parallel"):
            supported = "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]"
            return json_error(
                "InvalidDefinition", f"TestState API does not support Map or Parallel states. {supported}"
            )
        try:
            return json_answer(run_state(self._wire, region, asked))
        except CallFailed as refused:
            return json_error(refused.code, refused.message, refused.status)


def _make_refusal(found: list[Diagnostic]) -> Response:
    said = ", ".join(str(each) for each in found)
    return json_error("InvalidDefinition", f"Invalid State Machine Definition: '{said}'")


def _make_validation(found: list[Diagnostic], most: int) -> Response:
    told: list[dict[str, Any]] = []
    for each in found[:most]:
        place = {"location": each.location} if each.location else {}
        told.append({"severity": "ERROR", "code": each.code, "message": each.message, **place})
    return json_answer({"result": "FAIL" if found else "OK", "diagnostics": told, "truncated": len(found) > most})


def _name_execution(request: Request) -> Request:
    asked = json.loads(request.get_data())
    name, machine = asked.get("name") or str(uuid.uuid4()), asked.get("stateMachineArn", "")
    told = {**asked, "name": name, "stateMachineArn": ":".join(machine.split(":")[:7])}
    return with_body(request, json.dumps(told).encode())
