"""How a state machine recovers, by its definition alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from steps.drivers.step_functions import Machine
from steps.paths import ROOT
from steps.preconditions.state_machine import recovery

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


def test_what_the_history_does_not_hold_is_unsupported_by_name():
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


def test_a_chunk_is_caught_by_the_catch_around_it():
    machine = reference()
    del machine["States"]["Process the chunks"]["Catch"]
    assert said(machine) == ["Process one chunk has nothing to catch its errors"]
