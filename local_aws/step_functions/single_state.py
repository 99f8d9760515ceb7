"""TestState: runs one state, in a state machine that exists for the test alone."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

from local_aws.internal_client import Wire
from local_aws.step_functions.definitions import STATE_NAME, targets_of

_LONGEST_SECONDS = 300  # AWS's limit
TERMINAL = ("States.Runtime", "States.DataLimitExceeded")
"""Errors that end an execution, whatever its states retry or catch."""


def run_state(wire: Wire, region: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of TestState without its inspectionData: status, output, nextState, error and cause.

    `asked` has TestState's parameters, with a state that is valid; raises CallFailed. boto3 calls it at a host with the
    prefix `sync-` unless the client is configured with `inject_host_prefix=False`.
    """

    def call(operation: str, **arguments: Any) -> dict[str, Any]:
        return wire.call("states", region, f"AWSStepFunctions.{operation}", arguments)

    state = json.loads(asked["definition"])
    ends = {name: {"Type": "Pass", "End": True} for _, name in targets_of(state)}
    tried = {field: value for field, value in state.items() if field != "Retry"}
    definition = json.dumps({"StartAt": STATE_NAME, "States": {**ends, STATE_NAME: tried}})
    name = f"TestState-{uuid.uuid4()}"
    machine = call("CreateStateMachine", name=name, definition=definition, roleArn=asked.get("roleArn", ""))
    arn = machine["stateMachineArn"]
    try:
        started = call("StartExecution", stateMachineArn=arn, input=asked.get("input") or "{}")["executionArn"]
        deadline = time.monotonic() + _LONGEST_SECONDS
        while (execution := call("DescribeExecution", executionArn=started))["status"] == "RUNNING":
            if time.monotonic() > deadline:
                return {"status": "FAILED", "error": "States.Timeout"}
            time.sleep(0.01)
        history = call("GetExecutionHistory", executionArn=started)["events"]
    finally:
        call("DeleteStateMachine", stateMachineArn=arn)
    return _outcome(state, execution, history)


def _outcome(state: Mapping[str, Any], execution: Mapping[str, Any], history: list[dict[str, Any]]) -> dict[str, Any]:
    entered = [each["stateEnteredEventDetails"] for each in history if "stateEnteredEventDetails" in each]
    following = {"nextState": entered[1]["name"], "output": entered[1]["input"]} if len(entered) > 1 else {}
    failed = execution["status"] != "SUCCEEDED"
    error = {field: execution[field] for field in ("error", "cause") if field in execution} if failed else {}
    for event in [] if failed else history:
        if event["type"] in ("TaskFailed", "TaskTimedOut", "EvaluationFailed", "LambdaFunctionFailed"):
            details = next(value for field, value in event.items() if field.endswith("EventDetails"))
            error = {field: details[field] for field in ("error", "cause") if field in details}
    if not error and not failed:
        return {"status": "SUCCEEDED", "output": execution["output"], **following}
    if any(_is_retried(error.get("error", ""), retrier["ErrorEquals"]) for retrier in state.get("Retry", [])):
        return {"status": "RETRIABLE", **error}
    return {"status": "FAILED", **error} if failed else {"status": "CAUGHT_ERROR", **following, **error}


def _is_retried(error: str, names: list[str]) -> bool:
    if error in names:
        return True
    is_task = error != "States.Timeout" and "States.TaskFailed" in names
    return error not in TERMINAL and ("States.ALL" in names or is_task)
