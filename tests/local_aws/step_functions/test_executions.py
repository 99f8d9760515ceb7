"""Executions run as on AWS: errors by name, parallelism by the Map, request ids in the history, a name always."""

import json
import uuid
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from steps.drivers.execution_history import tasks
from tests.local_aws.conftest import Deploy
from tests.local_aws.helpers import unique
from tests.local_aws.step_functions.conftest import Run


def task(function: str, **more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        **({} if "Next" in more else {"End": True}),
        **more,
    }


def test_a_path_that_finds_nothing_fails_the_execution(run: Run) -> None:
    execution, _ = run({"Look": {"Type": "Pass", "Parameters": {"a.$": "$.nothing"}, "End": True}})
    assert (execution["status"], execution["error"]) == ("FAILED", "States.Runtime")


@pytest.mark.parametrize(
    "change", [{"Parameters": {"FunctionName.$": "$.nothing"}}, {"ResultSelector": {"a.$": "$.nothing"}}]
)
@pytest.mark.parametrize("is_in_map", [False, True])
def test_a_runtime_error_is_neither_tried_again_nor_caught(
    deploy: Deploy, run: Run, change: dict[str, Any], is_in_map: bool
) -> None:
    everything = {"ErrorEquals": ["States.ALL"]}
    recovers = {"Retry": [{**everything, "IntervalSeconds": 1}], "Catch": [{**everything, "Next": "Handled"}]}
    call: dict[str, Any] = task(deploy("def handler(event, context): pass\n").name, **change)
    if is_in_map:
        inner = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Call", "States": {"Call": call}}
        call = {"Type": "Map", "ItemProcessor": inner, "End": True}
    handled = {"Type": "Fail", "ErrorPath": "$.Error", "CausePath": "$.Cause"}
    execution, history = run({"First": {**call, **recovers}, "Handled": handled}, [1] if is_in_map else {})
    assert (execution["status"], execution["error"]) == ("FAILED", "States.Runtime")
    assert "The JSONPath '$.nothing'" in execution["cause"]
    assert "FailStateEntered" not in [event["type"] for event in history]


def test_a_map_passes_on_the_timeout_of_a_step(deploy: Deploy, run: Run) -> None:
    call = task(deploy("import time\ndef handler(event, context): time.sleep(60)\n").name, TimeoutSeconds=1)
    inner = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Call", "States": {"Call": call}}
    caught = [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}]
    each = {"Type": "Map", "ItemProcessor": inner, "End": True, "Catch": caught}
    execution, _ = run({"Each": each, "Late": {"Type": "Fail", "ErrorPath": "$.Error"}}, [1])
    assert (execution["status"], execution["error"]) == ("FAILED", "States.Timeout")


def test_an_error_is_caught_by_its_class(deploy: Deploy, run: Run) -> None:
    function = deploy("class TooLate(Exception): pass\ndef handler(event, context): raise TooLate('by a day')\n")
    caught = [{"ErrorEquals": ["Other"], "Next": "Wrong"}, {"ErrorEquals": ["TooLate"], "Next": "Right"}]
    execution, _ = run(
        {
            "Call": task(function.name, Next="Wrong", Catch=caught),
            "Wrong": {"Type": "Fail"},
            "Right": {"Type": "Pass", "End": True},
        }
    )
    assert execution["status"] == "SUCCEEDED"
    output = json.loads(execution["output"])
    assert output["Error"] == "TooLate"
    assert json.loads(output["Cause"])["errorMessage"] == "by a day"


@pytest.mark.parametrize(
    ("error", "source", "timeout"),
    [
        ("Sandbox.Timedout", "import time\ndef handler(event, context): time.sleep(60)\n", 1),
        ("Runtime.ExitError", "import os\ndef handler(event, context): os._exit(1)\n", 20),
        ("Runtime.ImportModuleError", "import nothing_like_it\n", 20),
    ],
)
def test_what_lambda_itself_reports_fails_by_its_name(
    deploy: Deploy, run: Run, error: str, source: str, timeout: int
) -> None:
    execution, _ = run({"Call": task(deploy(source, Timeout=timeout).name)})
    assert (execution["status"], execution["error"]) == ("FAILED", error)


def test_throttling_is_retried_by_its_name(deploy: Deploy, run: Run) -> None:
    function = deploy("def handler(event, context): pass")
    function.client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
    retry = [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    execution, history = run({"Call": task(function.name, Retry=retry)})
    assert execution["error"] == "Lambda.TooManyRequestsException"
    assert [event["type"] for event in history].count("TaskFailed") == 2


def test_a_map_runs_five_at_once_and_no_more(deploy: Deploy, run: Run) -> None:
    function = deploy(
        "import time\n"
        "def handler(event, context):\n"
        "    began = time.time()\n"
        "    time.sleep(0.3)\n"
        "    return [began, time.time()]\n"
    )
    items = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "MaxConcurrency": 5,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "Call",
            "States": {"Call": task(function.name, ResultSelector={"times.$": "$.Payload"}, OutputPath="$.times")},
        },
        "End": True,
    }
    execution, _ = run({"Each": items}, {"items": list(range(10))})
    spans = json.loads(execution["output"])
    peak = max(sum(began <= moment < ended for began, ended in spans) for moment, _ in spans)
    assert peak == 5


def test_the_history_carries_each_calls_request_id(deploy: Deploy, run: Run) -> None:
    function = deploy("def handler(event, context): return [context.aws_request_id, event]")
    execution, history = run({"First": task(function.name, Next="Second"), "Second": task(function.name)})
    outputs = [
        json.loads(event["taskSucceededEventDetails"]["output"])
        for event in history
        if event["type"] == "TaskSucceeded"
    ]
    for output in outputs:
        assert output["SdkResponseMetadata"]["RequestId"] == output["Payload"][0]
        assert output["SdkHttpMetadata"]["HttpHeaders"]["x-amzn-RequestId"] == output["Payload"][0]
        assert "LogResult" not in output
    first, second = outputs
    assert second["Payload"][1] == first
    assert json.loads(execution["output"]) == second


def test_tasks_of_other_services_run_beside_functions(run: Run, client: Callable[[str], Any]) -> None:
    table, queue = unique("table"), client("sqs").create_queue(QueueName=unique("queue"))["QueueUrl"]
    where = {"CreateBucketConfiguration": {"LocationConstraint": "ap-northeast-1"}}
    client("s3").create_bucket(Bucket=unique("bucket"), **where)
    topic = client("sns").create_topic(Name=unique("topic"))["TopicArn"]
    keys = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}
    schema = [{"AttributeName": "id", "KeyType": "HASH"}]
    client("dynamodb").create_table(TableName=table, KeySchema=schema, BillingMode="PAY_PER_REQUEST", **keys)
    calls = {
        "dynamodb:putItem": {"TableName": table, "Item": {"id": {"S": "any"}}},
        "sqs:sendMessage": {"QueueUrl": queue, "MessageBody": "any"},
        "sns:publish": {"TopicArn": topic, "Message": "any"},
        "aws-sdk:s3:listBuckets": {},
    }
    states: dict[str, Any] = {
        name: {"Type": "Task", "Resource": f"arn:aws:states:::{name}", "Parameters": parameters, "Next": "Done"}
        for name, parameters in calls.items()
    }
    names = [*states, "Done"]
    for name, following in pairwise(names):
        states[name]["Next"] = following
    execution, history = run({**states, "Done": {"Type": "Succeed"}})
    assert (execution["status"], execution.get("cause")) == ("SUCCEEDED", None)
    assert [event["type"] for event in history].count("TaskSucceeded") == len(calls)
    datetime.fromisoformat(json.loads(execution["output"])["Buckets"][0]["CreationDate"])
    assert [task.is_lambda for task in tasks(history)] == [False] * len(calls)


def test_an_execution_without_a_name_is_given_one(run: Run) -> None:
    execution, _ = run({"Nothing": {"Type": "Succeed"}})
    assert str(uuid.UUID(execution["name"])) == execution["name"]
    assert execution["executionArn"].endswith(f":{execution['name']}")


def test_what_the_context_tells_may_be_an_output(run: Run) -> None:
    told = {"Type": "Pass", "Parameters": {"id.$": "$$.Execution.Id", "at.$": "$$.Execution.StartTime"}, "End": True}
    execution, _ = run({"Tell": told})
    output = json.loads(execution["output"])
    assert output["id"] == execution["executionArn"]
    assert datetime.fromisoformat(output["at"]).timestamp() == pytest.approx(execution["startDate"].timestamp(), abs=1)


@pytest.mark.parametrize("value", ["text", None, 0])
def test_an_output_is_json_whatever_it_is(run: Run, value: Any) -> None:
    execution, _ = run({"End": {"Type": "Pass", "InputPath": "$.value", "End": True}}, {"value": value})
    assert json.loads(execution["output"]) == value


def test_a_choice_without_a_rule_that_holds_fails_by_its_name(run: Run) -> None:
    rule = {"Variable": "$.at", "TimestampGreaterThan": "2016-03-14T01:59:00Z", "Next": "Later"}
    states = {"Choose": {"Type": "Choice", "Choices": [rule]}, "Later": {"Type": "Succeed"}}
    execution, _ = run(states, {"at": "2016-03-14T02:59:00.5+01:00"})
    assert execution["status"] == "SUCCEEDED"
    execution, _ = run(states, {"at": "2016-03-14T02:59:00+01:00"})
    assert (execution["status"], execution["error"]) == ("FAILED", "States.NoChoiceMatched")


def test_a_task_has_the_parameters_and_the_output_of_its_service(run: Run, client: Callable[[str], Any]) -> None:
    bucket = unique("bucket")
    where = {"CreateBucketConfiguration": {"LocationConstraint": "ap-northeast-1"}}
    client("s3").create_bucket(Bucket=bucket, **where)

    def call(action: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"Type": "Task", "Resource": f"arn:aws:states:::{action}", "Parameters": parameters, **more}

    def caught(error: str, following: str) -> list[dict[str, Any]]:
        return [{"ErrorEquals": [error], "ResultPath": "$.error", "Next": following}]

    none = "arn:aws:states:ap-northeast-1:123456789012:stateMachine:none"
    missing = caught("S3.NoSuchKeyException", "Start")
    states = {
        "Put": call("aws-sdk:s3:putObject", {"Bucket": bucket, "Key": "a", "Body": {"b": 1}}, Next="Get"),
        "Get": call("aws-sdk:s3:getObject", {"Bucket": bucket, "Key": "a"}, ResultPath="$.found", Next="Miss"),
        "Miss": call("aws-sdk:s3:getObject", {"Bucket": bucket, "Key": "none"}, Catch=missing, End=True),
        "Start": call(
            "states:startExecution",
            {"StateMachineArn": none, "Input": {}},
            Catch=caught("StepFunctions.StateMachineDoesNotExistException", "Done"),
            End=True,
        ),
        "Done": {"Type": "Succeed"},
    }
    execution, history = run(states)
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    assert json.loads(execution["output"])["found"]["Body"] == '{"b":1}'
    assert [each["type"] for each in history].count("TaskFailed") == 2


@pytest.mark.parametrize(
    ("tolerated", "status"),
    [
        ({}, "FAILED"),
        ({"ToleratedFailureCount": 1}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 40}, "SUCCEEDED"),
        ({"ToleratedFailureCount": 2, "ToleratedFailurePercentage": 30}, "FAILED"),
    ],
)
def test_a_distributed_map_tolerates_so_many_failures(run: Run, tolerated: dict[str, int], status: str) -> None:
    rule = {"Variable": "$", "NumericEquals": 2, "Next": "Fail"}
    states = {
        "Choose": {"Type": "Choice", "Choices": [rule], "Default": "Done"},
        "Fail": {"Type": "Fail", "Error": "Bad"},
        "Done": {"Type": "Succeed"},
    }
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    processor = {"ProcessorConfig": config, "StartAt": "Choose", "States": states}
    execution, _ = run({"Each": {"Type": "Map", "ItemProcessor": processor, "End": True, **tolerated}}, [1, 2, 3])
    wanted = {"FAILED": "States.ExceedToleratedFailureThreshold"}.get(status)
    assert (execution["status"], execution.get("error")) == (status, wanted)


def test_a_distributed_map_that_cannot_read_its_items_fails_by_its_name(run: Run) -> None:
    states = {"Done": {"Type": "Succeed"}}
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    processor = {"ProcessorConfig": config, "StartAt": "Done", "States": states}
    where = {"Bucket": unique("bucket"), "Key": "none"}
    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": where}
    execution, _ = run({"Each": {"Type": "Map", "ItemReader": reader, "ItemProcessor": processor, "End": True}})
    assert (execution["status"], execution["error"]) == ("FAILED", "States.ItemReaderFailed")
