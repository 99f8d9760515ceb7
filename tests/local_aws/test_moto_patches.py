"""Changes to moto whose cause shows only at a moment that no request can choose."""

from __future__ import annotations

import json
import subprocess
import sys

LISTED_BEFORE_ITS_START = """
import json, sys, boto3
from moto import mock_aws
from moto.stepfunctions.parser.backend.execution import Execution
from local_aws import moto_patches

moto_patches.begin_executions_as_running()
keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
    states = boto3.client("stepfunctions", region_name="ap-northeast-1", **keys)
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    role = "arn:aws:iam::123456789012:role/any"
    machine = states.create_state_machine(name="any", roleArn=role, definition=definition)["stateMachineArn"]
    start, listed = Execution.start, []

    def list_and_start(self):
        listed.extend(states.list_executions(stateMachineArn=machine)["executions"])
        start(self)

    Execution.start = list_and_start
    states.start_execution(stateMachineArn=machine)
    print(json.dumps([each["status"] for each in listed]))
"""


def test_an_execution_that_has_not_started_yet_is_listed_as_running():
    line = [sys.executable, "-c", LISTED_BEFORE_ITS_START]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["RUNNING"]
