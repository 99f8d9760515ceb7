"""Functions that die at a call, and invocations whose answer is lost."""

import json

import pytest

from tests.local_aws.faults.making import Client, Faults, Table, refused
from tests.local_aws.helpers import Function, eventually, unique


def test_an_invocation_goes_on_after_its_caller_was_refused(keeper: Function, table: Table, faults: Faults) -> None:
    faults.refuse("zombie", f"lambda POST .*{keeper.name}/invocations", "ServiceException", 500, work="going on")
    faults.make("last moment", f"^{keeper.name} dynamodb PutItem .*zombie", "hold")
    assert refused(lambda: keeper({"table": table.name, "id": "zombie"})) == ("ServiceException", 500)
    eventually(lambda: faults.seen("last moment")["held"] == 1, "the first invocation to come to its end")
    assert keeper({"table": table.name, "id": "retry"}).payload == "kept"
    assert not table.has("zombie")
    faults.ask("DELETE", "/last moment")
    eventually(lambda: table.has("zombie"), "the first invocation to end")


@pytest.mark.parametrize(("work", "done"), [("undone", False), ("done", True)])
def test_a_function_dies_at_a_call_that_was_done_or_not(
    keeper: Function, table: Table, faults: Faults, work: str, done: bool
) -> None:
    faults.make("dead", f"^{keeper.name} dynamodb PutItem", "crash", work=work)
    reply = keeper({"table": table.name, "id": "it"})
    assert reply.payload["errorType"] == "Runtime.ExitError"
    assert "signal: killed" in reply.payload["errorMessage"]
    assert table.has("it") is done
    assert keeper({"table": table.name, "id": "it"}).payload == "kept"


def test_a_function_dies_while_its_call_goes_on(keeper: Function, table: Table, faults: Faults) -> None:
    faults.make("dead", f"^{keeper.name} dynamodb PutItem", "crash", work="going on")
    assert keeper({"table": table.name, "id": "it"}).payload["errorType"] == "Runtime.ExitError"
    eventually(lambda: table.has("it"), "the call to go on")


def test_only_functions_can_be_killed(table: Table, faults: Faults) -> None:
    faults.make("dead", "PutItem", "crash", work="done")
    assert refused(lambda: table.keep("it")) == ("NoFunctionToCrash", 400)
    assert not table.has("it")


def test_a_fault_of_one_caller_is_no_others(keeper: Function, table: Table, faults: Faults) -> None:
    faults.refuse("of the suite", "^- dynamodb PutItem", "InternalServerError", 500, times=None)
    assert keeper({"table": table.name, "id": "it"}).payload == "kept"
    faults.make("of the function", f"^{keeper.name} .*PutItem", "crash", times=None)
    faults.ask("DELETE", "/of the suite")
    table.keep("other")
    assert faults.seen("of the function")["hits"] == 0


def test_a_chunk_whose_answer_is_lost_is_retried_by_the_errors_name(
    client: Client, role: str, keeper: Function, table: Table, faults: Faults
) -> None:
    statuses = {"ServiceException": 500, "AWSLambdaException": 500, "SdkClientException": 500, "Unknown": 500}
    statuses["TooManyRequestsException"] = 429
    for code, status in statuses.items():
        faults.refuse(code, f"lambda POST .*{keeper.name}/invocations .*{code}", code, status, work="done")
    errors = sorted(f"Lambda.{code}" for code in statuses)
    chunk = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": keeper.arn, "Payload": {"table": table.name, "id.$": "$"}},
        "OutputPath": "$.Payload",
        "Retry": [{"ErrorEquals": errors, "IntervalSeconds": 1, "MaxAttempts": 1}],
        "End": True,
    }
    each = {"StartAt": "Chunk", "States": {"Chunk": chunk}, "ProcessorConfig": {"Mode": "INLINE"}}
    definition = {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": each, "End": True}}}
    states = client("stepfunctions")
    made = states.create_state_machine(name=unique("machine"), definition=json.dumps(definition), roleArn=role)
    chunks = [*statuses, "whose answer arrives"]
    arn = states.start_execution(stateMachineArn=made["stateMachineArn"], input=json.dumps(chunks))["executionArn"]
    eventually(lambda: states.describe_execution(executionArn=arn)["status"] != "RUNNING", "the execution to end")
    assert json.loads(states.describe_execution(executionArn=arn)["output"]) == ["kept"] * len(chunks)
    events = states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    failures = [event["taskFailedEventDetails"] for event in events if event["type"] == "TaskFailed"]
    assert sorted(failure["error"] for failure in failures) == errors
    assert all(failure["cause"].startswith("By <a> fault. (Service: AWSLambda; Status") for failure in failures)
    assert {faults.seen(code)["hits"] for code in statuses} == {1}
