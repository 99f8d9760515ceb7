"""State machines and rules act in their roles: what those lack fails the execution, or starts none."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.conftest import ACCOUNT, Deploy
from tests.local_aws.helpers import eventually, policy, unique
from tests.local_aws.iam.conftest import ClientOf, Identity, allow, arn, distrust, one_task, refused
from tests.local_aws.inbox import Inbox

Make = Callable[..., Identity]
Run = Callable[[str, str], dict[str, Any]]


@pytest.fixture
def run(client: ClientOf) -> Run:
    """Runs a definition in a role to its end."""
    states = client("stepfunctions")

    def ended(definition: str, role: str) -> dict[str, Any]:
        made = states.create_state_machine(name=unique("machine"), definition=definition, roleArn=role)
        started = states.start_execution(stateMachineArn=made["stateMachineArn"])["executionArn"]
        found = lambda: states.describe_execution(executionArn=started)  # noqa: E731
        eventually(lambda: found()["status"] != "RUNNING", "the execution to end")
        events = states.get_execution_history(executionArn=started)["events"]
        return {**found(), "events": events}

    return ended


def test_an_execution_whose_role_may_not_invoke_fails_as_on_aws(deploy: Deploy, run: Run, make_identity: Make) -> None:
    function, role = deploy("def handler(event, context): return 'done'\n"), make_identity()
    execution = run(one_task(function.arn), role.arn)
    assert (execution["status"], execution["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    assert re.fullmatch(
        rf"User: arn:aws:sts::{ACCOUNT}:assumed-role/{role.name}/[A-Za-z]{{32}} is not authorized to perform: "
        rf"lambda:InvokeFunction on resource: {function.arn} because no identity-based policy allows the "
        r"lambda:InvokeFunction action \(Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException; "
        r"Request ID: [0-9a-f-]{36}; Proxy: null\)",
        execution["cause"],
    )
    (failed,) = [event for event in execution["events"] if event["type"] == "TaskFailed"]
    assert failed["taskFailedEventDetails"]["error"] == "Lambda.AWSLambdaException"
    assert failed["taskFailedEventDetails"]["cause"] == execution["cause"]
    role.may(allow("lambda:InvokeFunction", on=function.arn))
    assert run(one_task(function.arn), role.arn)["status"] == "SUCCEEDED"


def test_a_refusal_that_is_caught_is_passed_on_in_aws_words(deploy: Deploy, run: Run, make_identity: Make) -> None:
    refusing, telling = deploy(""), deploy("def handler(event, context): return [event['Cause']]\n")
    role = make_identity(allow("lambda:InvokeFunction", on=telling.arn))
    caught = [{"ErrorEquals": ["Lambda.AWSLambdaException"], "Next": "Tell"}]
    call = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}
    states = {
        "Call": {**call, "Parameters": {"FunctionName": refusing.arn}, "Catch": caught, "End": True},
        "Tell": {
            **call,
            "Parameters": {"FunctionName": telling.arn, "Payload.$": "$"},
            "OutputPath": "$.Payload",
            "End": True,
        },
    }
    (told,) = json.loads(run(json.dumps({"StartAt": "Call", "States": states}), role.arn)["output"])
    assert "Status Code: 403; Error Code: AccessDeniedException; Request ID: " in told


def test_each_machine_acts_in_its_own_role(deploy: Deploy, run: Run, make_identity: Make) -> None:
    first, second = (deploy("def handler(event, context): pass\n") for _ in range(2))
    role_of_first, role_of_second = (make_identity(allow("lambda:*", on=each.arn)) for each in (first, second))
    assert run(one_task(first.arn), role_of_first.arn)["status"] == "SUCCEEDED"
    assert run(one_task(second.name), role_of_second.arn)["status"] == "SUCCEEDED"
    crossed = run(one_task(deploy("").arn), role_of_second.arn)
    assert f"assumed-role/{role_of_second.name}/" in crossed["cause"]


def test_a_machine_that_runs_acts_in_its_role_where_the_function_is_named_in_its_input(
    client: ClientOf, deploy: Deploy, make_identity: Make
) -> None:
    function, role = deploy("def handler(event, context): pass\n"), make_identity()
    states = client("stepfunctions")
    definition = one_task("", Parameters={"FunctionName.$": "$.function"})
    made = states.create_state_machine(name=unique("machine"), definition=definition, roleArn=role.arn)
    started = states.start_execution(
        stateMachineArn=made["stateMachineArn"], input=json.dumps({"function": function.arn})
    )
    ended = eventually(
        lambda: (
            (found := states.describe_execution(executionArn=started["executionArn"]))["status"] != "RUNNING" and found
        ),
        "the execution to end",
    )
    assert ended["error"] == "Lambda.AWSLambdaException"


def test_a_machines_role_must_trust_step_functions(client: ClientOf, deploy: Deploy, run: Run, make_identity: Make):
    function, role = deploy("def handler(event, context): pass\n"), make_identity(allow("lambda:*"))
    made = client("stepfunctions").create_state_machine(
        name=unique("machine"), definition=one_task(function.arn), roleArn=role.arn
    )
    distrust(role)
    start = client("stepfunctions").start_execution(stateMachineArn=made["stateMachineArn"])["executionArn"]
    describe = client("stepfunctions").describe_execution
    eventually(lambda: describe(executionArn=start)["status"] == "FAILED", "the execution to fail")
    assert "states.amazonaws.com is not authorized to assume" in describe(executionArn=start)["cause"]
    update = client("stepfunctions").update_state_machine
    code, message, _ = refused(update, stateMachineArn=made["stateMachineArn"], roleArn=role.arn)
    assert (code, "nor the regional one" in message) == ("AccessDeniedException", True)
    regional = {"Service": "states.ap-northeast-1.amazonaws.com"}
    distrust(role, policy({"Effect": "Allow", "Principal": regional, "Action": "sts:AssumeRole"}))
    assert run(one_task(function.arn), role.arn)["status"] == "SUCCEEDED"


@pytest.fixture
def rule_role(client: ClientOf, inbox: Inbox, make_identity: Make) -> Identity:
    """The role in which the inbox's rule now delivers, which may start its machine."""
    role = make_identity(allow("states:StartExecution", on=inbox.machine))
    (rule,) = client("events").list_rule_names_by_target(TargetArn=inbox.machine)["RuleNames"]
    client("events").put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": inbox.machine, "RoleArn": role.arn}])
    return role


def test_a_rule_whose_role_may_not_start_starts_nothing(inbox: Inbox, rule_role: Identity, aws: LocalAws) -> None:
    rule_role.may(allow("states:StartExecution", on=arn("states", "stateMachine:other")))
    inbox.put("in/unheard")
    failure = (
        f"target {inbox.machine}: AWSStepFunctions.StartExecution was refused with AccessDeniedException (400): "
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{rule_role.name}/"
    )
    eventually(lambda: failure in aws.log.read_text(), "the delivery to fail")
    rule_role.may(allow("states:StartExecution", on=inbox.machine))
    assert inbox.keys_after_the_last("in/heard") == ["in/heard"]


def test_a_rules_role_must_trust_eventbridge(
    client: ClientOf, inbox: Inbox, rule_role: Identity, aws: LocalAws
) -> None:
    inbox.put("in/first")
    inbox.started(1)
    distrust(rule_role)
    inbox.put("in/unheard")
    failure = f"events.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: {rule_role.arn}"
    eventually(lambda: failure in aws.log.read_text(), "the delivery to fail")
    (rule,) = client("events").list_rule_names_by_target(TargetArn=inbox.machine)["RuleNames"]
    targets = [{"Id": "1", "Arn": inbox.machine, "RoleArn": rule_role.arn}]
    said = f"Provided role '{rule_role.arn}' cannot be assumed by principal 'events.amazonaws.com'."
    assert refused(client("events").put_targets, Rule=rule, Targets=targets) == ("ValidationException", said, 400)
