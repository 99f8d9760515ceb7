"""How a state machine recovers, by its definition alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from steps.drivers.step_functions import Machine
from steps.paths import ROOT
from steps.preconditions.state_machine import contradicting, lasting, recovery

DEFINITION = (ROOT / "system_under_test" / "statemachine.asl.json").read_text("utf-8")


def reference() -> dict[str, Any]:
    return dict(json.loads(DEFINITION))


def said(machine: dict[str, Any]) -> list[str]:
    return [each.text for each in recovery(machine)]


def test_the_reference_recovers():
    assert recovery(reference()) == []


def test_a_step_without_retry():
    machine = reference()
    del machine["States"]["Split it into chunks"]["Retry"]
    (text,) = said(machine)
    assert text.startswith("Split it into chunks is not tried again after Lambda.AWSLambdaException, ")


@pytest.mark.parametrize("error", ["States.ALL", "States.TaskFailed"])
def test_a_step_that_is_tried_again_after_everything(error: str):
    machine = reference()
    machine["States"]["Merge the results"]["Retry"].insert(0, {"ErrorEquals": [error]})
    (text,) = said(machine)
    assert text.startswith(f"Merge the results is tried again after {error}")


def test_a_task_of_another_service_needs_no_retry_of_lambdas_errors():
    machine = reference()
    task = machine["States"]["Validate the file"]
    task["Resource"] = "arn:aws:states:::dynamodb:putItem"
    del task["Retry"]
    assert said(machine) == []


def test_states_that_no_history_shows_are_named_as_unsupported():
    machine = reference()
    assert Machine("ACTIVE", "role", machine).unsupported == []
    machine["States"]["Process the chunks"]["ItemProcessor"]["ProcessorConfig"]["Mode"] = "DISTRIBUTED"
    outer = {"StartAt": "All", "States": {"All": {"Type": "Parallel", "Branches": [machine], "End": True}}}
    assert Machine("ACTIVE", "role", outer, "EXPRESS").unsupported == [
        "it is an EXPRESS state machine",
        "Process the chunks is a Distributed Map",
    ]


def test_a_step_whose_errors_nothing_catches():
    machine = reference()
    del machine["States"]["Validate the file"]["Catch"]
    assert said(machine) == ["Validate the file has nothing to catch its errors"]


def test_a_retry_without_attempts_is_none():
    machine = reference()
    machine["States"]["Merge the results"]["Retry"][0]["MaxAttempts"] = 0
    (text,) = said(machine)
    assert text.startswith("Merge the results is not tried again after ")


def test_steps_in_branches_are_looked_at():
    machine = json.loads((ROOT / "examples" / "tally" / "statemachine.asl.json").read_text("utf-8"))
    assert said(machine) == []
    del machine["States"]["Tally the file"]["Branches"][0]["States"]["Cut it into parts"]["Retry"]
    assert said(machine)[0].startswith("Cut it into parts is not tried again after ")


@pytest.mark.parametrize(
    ("next", "end"),
    [("Complete the job", "Complete the job"), ("Leave it to the first execution", "Leave it to the first execution")],
)
def test_a_catch_that_ends_well(next: str, end: str):
    machine = reference()
    machine["States"]["Merge the results"]["Catch"][0]["Next"] = next
    assert f"Merge the results ends well after an error: its Catch leads to {next}, and on to {end}" in said(machine)


def test_a_failure_that_ends_well():
    machine = reference()
    machine["States"]["Fail with the original error"] = {"Type": "Succeed"}
    assert len([text for text in said(machine) if "ends well after an error" in text]) == 6


def test_a_chunk_that_swallows_its_error():
    machine = reference()
    inner = machine["States"]["Process the chunks"]["ItemProcessor"]["States"]
    inner["Process one chunk"]["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "Go on"}]
    inner["Go on"] = {"Type": "Pass", "End": True}
    assert said(machine) == ["Process one chunk ends well after an error: its Catch leads to Go on, and on to Go on"]


@pytest.mark.parametrize("key", ["ToleratedFailurePercentage", "ToleratedFailureCount", "ToleratedFailureCountPath"])
def test_a_map_that_goes_on_without_the_chunks_that_failed(key: str):
    machine = reference()
    machine["States"]["Process the chunks"][key] = "$.any" if key.endswith("Path") else 5
    assert said(machine) == [
        f"Process the chunks goes on without the chunks that failed, by its {key.removesuffix('Path')}"
    ]


def test_a_catch_that_loses_the_input():
    machine = reference()
    del machine["States"]["Merge the results"]["Catch"][0]["ResultPath"]
    assert said(machine) == ["the Catch of Merge the results has no ResultPath, and Handle the error reads $.execution"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "no TimeoutSeconds"), (9000, "TimeoutSeconds are 9000"), (300, "and the whole execution 300")],
)
def test_an_execution_that_hangs_is_ended_in_time(seconds: int | None, text: str):
    machine = reference() | {"TimeoutSeconds": seconds}
    assert lasting(reference()) == []
    assert text in lasting(machine)[0].text


def test_a_chunk_is_caught_by_the_catch_around_it():
    machine = reference()
    del machine["States"]["Process the chunks"]["Catch"]
    assert said(machine) == ["Process one chunk has nothing to catch its errors"]


@pytest.mark.parametrize(
    ("block", "says"),
    [
        (
            {"FunctionName": "f", "Payload": {"size": "$.detail.object.size"}},
            "$.detail.object.size by Parameters.Payload.size",
        ),
        (
            {"FunctionName": "f", "Payload": {"all": [{"id": "$$.Execution.Id"}]}},
            "$$.Execution.Id by Parameters.Payload.all[0].id",
        ),
        ({"FunctionName": "f", "Payload": {"size.$": "$.size", "price": "$5", "all.$": "$"}}, None),
    ],
)
def test_the_text_of_a_path_that_is_handed_on_in_place_of_its_value(block: dict[str, Any], says: str | None):
    machine = reference()
    machine["States"]["Merge the results"]["Parameters"] = block
    wanted = [f"Merge the results hands on the text {says}, and not what stands there"]
    assert said(machine) == (wanted if says else [])


@pytest.mark.parametrize(
    "function", ["${ProcessorFunctionArn}", "arn:aws:lambda:eu-west-1:123456789012:function:writer:live"]
)
@pytest.mark.parametrize(
    ("seconds", "says"),
    [(300, ""), (31, ""), (310, ""), (900, "a retry begins beside it"), (3, "it is ended long before")],
)
def test_the_time_limits_of_a_state_and_of_its_function_do_not_contradict_each_other(
    function: str, seconds: int, says: str
):
    machine = reference()
    machine["States"]["Merge the results"]["Parameters"]["FunctionName"] = function
    name = function if function.startswith("$") else "writer"
    found = [each.text for each in contradicting(machine, {name: seconds}) if each.text.startswith("Merge the results")]
    wanted = f"Merge the results waits 310 s for {name}, whose Timeout is {seconds} s: {says}"
    assert found == ([wanted] if says else [])


@pytest.mark.parametrize("path", ["$.split.chunks[1:]", "$.split.chunks[0]", "$.split.chunks[?(@ > 1)]"])
def test_a_map_that_leaves_out_items_of_its_list(path: str):
    machine = reference()
    machine["States"]["Process the chunks"]["ItemsPath"] = path
    assert said(machine) == [f"Process the chunks leaves out items of its list, by the ItemsPath {path}"]


@pytest.mark.parametrize("path", ["$", "$['split']['chunks']", "$.split.chunks[*]"])
def test_a_map_of_a_whole_list(path: str):
    machine = reference()
    machine["States"]["Process the chunks"]["ItemsPath"] = path
    assert said(machine) == []
