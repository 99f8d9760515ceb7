"""The state machine's definition: well-formed, and speaking the language of the functions."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from csv_pipeline.events import StepEvent

from tests.system_under_test.conftest import SYSTEM

TEXT = (SYSTEM / "statemachine.asl.json").read_text("utf-8")
SUBSTITUTED = re.sub(r"\$\{(\w+)FunctionArn\}", r"arn:aws:lambda:ap-northeast-1:123456789012:function:\1", TEXT)
PLATFORM_ERRORS = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.ExitError",
}


def states(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in definition["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


STATES = dict(states(json.loads(SUBSTITUTED)))
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}


def test_it_is_valid_after_substitution(tmp_path: Path) -> None:
    # statelint takes no hyphen in a quoted name, which JSONPath and AWS do.
    (tmp_path / "definition.json").write_text(SUBSTITUTED.replace("['version-id']", "['version_id']"), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "statelint", tmp_path / "definition.json"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_state_says_why_it_is_there() -> None:
    assert [name for name, state in STATES.items() if not state.get("Comment")] == []


@pytest.mark.parametrize("name", TASKS)
def test_every_task_sends_the_event_that_its_step_wants(name: str, pipeline: Any) -> None:
    task = TASKS[name]
    assert task["Resource"] == "arn:aws:states:::lambda:invoke"
    function = task["Parameters"]["FunctionName"].rpartition(":")[2].lower()
    payload = task["Parameters"]["Payload"]
    model: type[StepEvent] = sys.modules[function].STEPS[payload["event_type"]][0]
    of_the_invocation = {"request_id", "function"}
    assert {key.removesuffix(".$") for key in payload} == model.model_fields.keys() - of_the_invocation
    assert payload["attempt.$"] == "$$.State.RetryCount"


@pytest.mark.parametrize("name", TASKS)
def test_every_task_retries_what_the_platform_does_and_ends_in_time(name: str) -> None:
    (retry,) = TASKS[name]["Retry"]
    assert set(retry["ErrorEquals"]) == PLATFORM_ERRORS
    assert (retry["IntervalSeconds"], retry["MaxAttempts"], retry["JitterStrategy"]) == (1, 3, "FULL")
    assert 300 < TASKS[name]["TimeoutSeconds"] < json.loads(TEXT)["TimeoutSeconds"] == 900


def test_every_step_has_its_task(pipeline: Any) -> None:
    sent = {task["Parameters"]["Payload"]["event_type"] for task in TASKS.values()}
    assert sent == sys.modules["splitter"].STEPS.keys() | sys.modules["processor"].STEPS.keys()
