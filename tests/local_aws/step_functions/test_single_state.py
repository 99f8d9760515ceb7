"""TestState answers what one state comes to."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.conftest import REGION, Deploy

Test = Callable[..., dict[str, Any]]
FAILING = "class Wrong(Exception): pass\ndef handler(event, context): raise Wrong('as told')\n"


@pytest.fixture
def run_state(aws: LocalAws, role: str) -> Test:
    keys = (aws.environment["AWS_ACCESS_KEY_ID"], aws.environment["AWS_SECRET_ACCESS_KEY"])
    config = Config(inject_host_prefix=False)  # there is no host sync-127.0.0.1
    make = boto3.Session(*keys, region_name=REGION).client
    states = make("stepfunctions", endpoint_url=aws.endpoint_url, config=config)

    def answer(given: Any = None, **state: Any) -> dict[str, Any]:
        told = states.test_state(definition=json.dumps(state), roleArn=role, input=json.dumps(given or {}))
        return {field: value for field, value in told.items() if field != "ResponseMetadata"}

    return answer


def test_a_state_that_succeeds_has_its_output_and_the_next_state(run_state: Test) -> None:
    passed = run_state({"a": 1}, Type="Pass", OutputPath="$.a", Next="Then")
    assert passed == {"status": "SUCCEEDED", "output": "1", "nextState": "Then"}
    rule = {"Condition": "{% $states.input.a > 1 %}", "Next": "More"}
    chosen = run_state({"a": 1}, Type="Choice", QueryLanguage="JSONata", Choices=[rule], Default="Less")
    assert (chosen["status"], chosen["nextState"]) == ("SUCCEEDED", "Less")


def test_a_task_that_fails_is_caught_retried_or_failed(run_state: Test, deploy: Deploy) -> None:
    resource = {"Type": "Task", "Resource": deploy(FAILING).arn, "Next": "Then"}
    catch, retry = [{"ErrorEquals": ["Wrong"], "Next": "Caught"}], [{"ErrorEquals": ["States.TaskFailed"]}]
    failed = run_state(**resource)
    assert (failed["status"], failed["error"]) == ("FAILED", "Wrong")
    caught = run_state(**resource, Catch=catch)
    assert (caught["status"], caught["nextState"], caught["error"]) == ("CAUGHT_ERROR", "Caught", "Wrong")
    assert json.loads(caught["output"])["Error"] == "Wrong"
    assert run_state(**resource, Catch=catch, Retry=retry)["status"] == "RETRIABLE"


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"Type": "Unknown"}, " at /States/StateName/Type'"),
        ({"Type": "Parallel", "Branches": [], "End": True}, "Value cannot be empty at /States/StateName/Branches'"),
    ],
)
def test_a_state_that_aws_refuses_is_not_run(run_state: Test, state: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError) as refused:
        run_state(**state)
    assert refused.value.response["Error"]["Code"] == "InvalidDefinition"
    assert refused.value.response["Error"]["Message"].endswith(message)
