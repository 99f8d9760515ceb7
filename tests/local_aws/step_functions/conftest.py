"""Executions of state machines, run to their end."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.local_aws.helpers import eventually, unique

Run = Callable[..., tuple[dict[str, Any], list[dict[str, Any]]]]


@pytest.fixture
def run(client: Callable[[str], Any], role: str) -> Run:
    """Runs states from the first one to the end and returns the execution and its history."""

    def ended(states: dict[str, Any], execution_input: Any = None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        sfn = client("stepfunctions")
        definition = json.dumps({"StartAt": next(iter(states)), "States": states})
        machine = sfn.create_state_machine(name=unique("machine"), definition=definition, roleArn=role)
        started = sfn.start_execution(
            stateMachineArn=machine["stateMachineArn"], input=json.dumps(execution_input or {})
        )
        arn = started["executionArn"]
        eventually(lambda: sfn.describe_execution(executionArn=arn)["status"] != "RUNNING", "the execution to end")
        pages = sfn.get_paginator("get_execution_history").paginate(executionArn=arn)
        return sfn.describe_execution(executionArn=arn), [event for page in pages for event in page["events"]]

    return ended
