"""How a state machine recovers, by its definition alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

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


def test_a_step_whose_errors_nothing_catches():
    machine = reference()
    del machine["States"]["Validate the file"]["Catch"]
    assert said(machine) == ["Validate the file has nothing to catch its errors"]


def test_a_chunk_is_caught_by_the_catch_around_it():
    machine = reference()
    del machine["States"]["Process the chunks"]["Catch"]
    assert said(machine) == ["Process one chunk has nothing to catch its errors"]
