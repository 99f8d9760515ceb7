"""Executions are found among thousands of earlier ones, and read where AWS leaves data out."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from steps.drivers.execution_history import tasks
from steps.drivers.s3 import Upload
from steps.drivers.step_functions import Run, Workflow
from steps.targets.environment import Environment, clients
from tests.local_aws.helpers import make_powerful_role

PASS = json.dumps({"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}})
EARLIER = 250
ID = "8d1f3f0e-4a1b-4c3e-9a55-0d6b7f8f2c11"


def given(version: str) -> str:
    return json.dumps({"detail": {"bucket": {"name": "b"}, "object": {"key": "incoming/a.csv", "version-id": version}}})


def test_an_upload_is_found_by_few_calls_among_many_earlier_executions(environment: Environment) -> None:
    client = clients(environment.exports)  # of its own, since it counts their calls
    sfn, calls = client("stepfunctions"), Counter[str]()
    role = make_powerful_role(client("iam"))
    machine = sfn.create_state_machine(name="any", definition=PASS, roleArn=role)["stateMachineArn"]
    for n in range(EARLIER):
        last = sfn.start_execution(stateMachineArn=machine, input=json.dumps({"n": n}))["startDate"]
    # S3's clock may be 5 seconds ahead of Step Functions'.
    upload = Upload("b", "incoming/a.csv", "ours", 1, "0" * 32, int(last.timestamp() * 1000) + 5_001)
    sfn.start_execution(stateMachineArn=machine, input=given("of another team"))
    ours = sfn.start_execution(stateMachineArn=machine, input=given("ours"))["executionArn"]
    sfn.meta.events.register("before-call", lambda model, **_: calls.update([model.name]))
    workflow = Workflow(sfn, machine, every=0.1)
    assert [workflow.executions_of(upload) for _ in range(3)] == [[ours]] * 3
    assert workflow.started_by(upload, within=5) == ours
    assert calls == {"ListExecutions": 4, "DescribeExecution": 2}


def ended(**details: dict[str, Any]) -> list[dict[str, Any]]:
    """The history of one task that ended with these details."""
    (name,) = details
    at = datetime(2026, 11, 28, tzinfo=UTC)
    kinds = [
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        f"{name[0].upper()}{name[1:]}".removesuffix("EventDetails"),
    ]
    told: list[dict[str, Any]] = [{"stateEnteredEventDetails": {"name": "Call"}}, {}, {}, details]
    return [
        {"id": n, "previousEventId": n - 1, "type": kind, "timestamp": at, **more}
        for n, (kind, more) in enumerate(zip(kinds, told, strict=True), 1)
    ]


def test_tasks_of_other_services_are_told_from_invocations() -> None:
    history = ended(taskSucceededEventDetails={"output": f"{{{METADATA}}}"})
    history[1]["taskScheduledEventDetails"] = {"resourceType": "dynamodb", "resource": "putItem"}
    (task,) = tasks(history)
    assert (task.is_lambda, task.request_id, task.has_run_unnamed) == (False, None, False)
    (task,) = tasks(ended(taskSucceededEventDetails={"resource": "invoke", "resourceType": "lambda"}))
    assert (task.is_lambda, task.request_id, task.has_run_unnamed) == (True, None, True)


@pytest.mark.parametrize(
    "name", ["csv-splitter", "csv-splitter:live", "arn:aws:lambda:any-1:1:function:csv-splitter:7"]
)
def test_the_function_of_a_task_is_read_from_its_parameters_or_its_resource(name: str) -> None:
    history = ended(taskFailedEventDetails={"error": "KeyError"})
    history[1]["taskScheduledEventDetails"] = {"parameters": json.dumps({"FunctionName": name, "Payload": {}})}
    assert [task.function for task in tasks(history)] == ["csv-splitter"]
    history[1] |= {
        "taskScheduledEventDetails": {},
        "lambdaFunctionScheduledEventDetails": {"resource": "arn:aws:lambda:any-1:1:function:csv-splitter:7"},
    }
    assert [task.function for task in tasks(history)] == ["csv-splitter"]


METADATA = f'"SdkResponseMetadata":{{"RequestId":"{ID}"}}'
TIMED_OUT = f"RequestId: {ID} Error: Task timed out after 3.00 seconds"


@pytest.mark.parametrize(
    ("history", "request_id"),
    [
        (ended(taskSucceededEventDetails={"output": f'{{"Payload":{{"RequestId":"x"}},{METADATA}}}'}), ID),
        (ended(taskSucceededEventDetails={"output": f'{{"Payload":{{"RequestId":"x"}},{METADATA},"Status'}), ID),
        (ended(taskSucceededEventDetails={"output": '{"Payload":{"cut', "outputDetails": {"truncated": True}}), None),
        (ended(taskSucceededEventDetails={"resource": "invoke", "resourceType": "lambda"}), None),
        (ended(taskSucceededEventDetails={"output": "[]"}), None),
        (ended(taskFailedEventDetails={"cause": json.dumps({"errorMessage": "no", "requestId": ID})}), ID),
        (ended(taskFailedEventDetails={"cause": json.dumps({"errorMessage": TIMED_OUT})}), ID),
        (ended(taskFailedEventDetails={"cause": TIMED_OUT}), ID),
        (ended(taskFailedEventDetails={"cause": "Rate Exceeded. (Service: Lambda; Request ID: never-run)"}), None),
        (ended(taskFailedEventDetails={"error": "Sandbox.Timedout"}), None),
    ],
)
def test_the_request_id_of_a_task_is_found_where_it_stands(history: list[Any], request_id: str | None) -> None:
    (task,) = tasks(history)
    assert task.request_id == request_id


@pytest.mark.parametrize(("error", "state"), [("KeyError", "Call"), ("ValueError", None), (None, None)])
def test_the_task_that_failed_first_with_the_error_of_the_execution_is_found(
    error: str | None, state: str | None
) -> None:
    history, at = ended(taskFailedEventDetails={"error": "KeyError"}), datetime(2026, 11, 28, tzinfo=UTC)
    history += [event | {name: event[name] + 4 for name in ("id", "previousEventId")} for event in history]
    history[4] |= {"stateEnteredEventDetails": {"name": "Handle the error"}}
    found = Run("arn:any", "FAILED", at, at, error, None, {}, {}, history, "").failed_task
    assert (found and found.state) == state
