"""Definitions are refused as AWS refuses them, and only those."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.step_functions.definitions import diagnose
from tests.local_aws.conftest import PASS
from tests.local_aws.helpers import unique

END = {"Type": "Pass", "End": True}


def machine(state: dict[str, Any], **others: Any) -> str:
    return json.dumps({"StartAt": "A", "States": {"A": state, **others}})


def task(**more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {}, "End": True, **more}


def choice(*rules: dict[str, Any], **more: Any) -> str:
    return machine({"Type": "Choice", "Choices": [{"Next": "B", **rule} for rule in rules], **more}, B=END)


@pytest.mark.parametrize(
    ("definition", "place"),
    [
        ("[]", ""),
        (json.dumps({"StartAt": "A", "States": {}}), "/States"),
        (json.dumps({"StartAt": ["A"], "States": {"A": END}}), "/StartAt"),
        (machine({**END, "Next": "A"}), "/States/A"),
        (machine({"Type": "Choice"}), "/States/A"),
        (machine({"Type": "Wait", "End": True}), "/States/A"),
        (machine({"Type": "Wait", "Seconds": -1, "End": True}), "/States/A/Seconds"),
        (machine({"Type": "Map", "ItemsPath": "$.all", "End": True}), "/States/A"),
        (machine(task(Resource="lambda:invoke")), "/States/A/Resource"),
        (machine(task(TimeoutSeconds=0)), "/States/A/TimeoutSeconds"),
        (machine(task(ResultPath="$.all[*]")), "/States/A/ResultPath"),
        (machine(task(InputPath="all")), "/States/A/InputPath"),
        (machine(task(Parameters={"all": [{"a.$": "b"}]})), "/States/A/Parameters/all[0]"),
        (machine(task(Parameters={"a.$": "States.Formatted('{}', $.b)"})), "/States/A/Parameters"),
        (machine(task(Retry=[{"IntervalSeconds": 1}])), "/States/A/Retry[0]"),
        (machine(task(Retry=[{"ErrorEquals": ["E"], "BackoffRate": 0.5}])), "/States/A/Retry[0]/BackoffRate"),
        (machine(task(Catch=[{"ErrorEquals": ["E"], "Next": "B"}])), "/States/A/Catch[0]/Next"),
        (
            machine(task(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}])),
            "/States/A/Retry[0]/ErrorEquals",
        ),
        (choice({"Variable": "$.a"}), "/States/A/Choices[0]"),
        (choice({"Variable": "$.a", "NumericEquals": "1"}), "/States/A/Choices[0]/NumericEquals"),
        (choice({"And": [{"StringEquals": "a"}]}), "/States/A/Choices[0]/And[0]"),
        (choice({"Variable": "$.a", "IsNull": True}, Default="C"), "/States/A/Default"),
        (choice({"Variable": "$.a", "IsNull": True}, QueryLanguage="JSONata"), "/States/A/Choices[0]"),
        (
            machine({"Type": "Parallel", "End": True, "Branches": [{"StartAt": "B", "States": {"C": END}}]}),
            "/States/A/Branches[0]/StartAt",
        ),
        (
            machine({"Type": "Map", "End": True, "ItemProcessor": {"StartAt": "B", "States": {"B": END, "C": END}}}),
            "/States/A/ItemProcessor/States/C",
        ),
    ],
)
def test_a_fault_is_found_at_its_place(definition: str, place: str) -> None:
    assert [each.location for each in diagnose(definition)] == [place]


@pytest.mark.parametrize(
    "definition",
    [
        choice({"Not": {"Variable": "$.a", "StringMatches": "*.csv"}}, {"Variable": "$a", "NumericEqualsPath": "$.b"}),
        choice({"Condition": "{% $states.input.a %}"}, QueryLanguage="JSONata"),
        machine({"Type": "Wait", "Timestamp": "2016-03-14T01:59:00+09:00", "End": True}),
        machine({"Type": "Wait", "Seconds": "{% $seconds %}", "End": True, "QueryLanguage": "JSONata"}),
        machine(
            task(Parameters={"a.$": "States.Format('it\\'s (a) {}', States.Array($.b, 'States.No('))", "c.$": "$$"})
        ),
        machine(task(ResultPath=None, InputPath=None, Retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}])),
        machine(task(Resource="arn:aws:states:::aws-sdk:dynamodb:query", Credentials={"RoleArn.$": "$.role"})),
        machine(task(Resource="arn:aws:states:::states:startExecution.sync:2")),
        machine(
            {
                "Type": "Map",
                "QueryLanguage": "JSONata",
                "ItemProcessor": {"StartAt": "B", "States": {"B": {**END, "QueryLanguage": "JSONPath"}}},
                "End": True,
            }
        ),
    ],
)
def test_a_definition_that_aws_takes_is_taken(definition: str, client: Callable[[str], Any], role: str) -> None:
    assert diagnose(definition) == []
    assert client("stepfunctions").create_state_machine(name=unique("machine"), definition=definition, roleArn=role)


def test_an_express_workflow_waits_for_no_token() -> None:
    (found,) = diagnose(machine(task(Resource="arn:aws:states:::sqs:sendMessage.waitForTaskToken")), is_express=True)
    assert found.location == "/States/A/Resource"


def test_an_update_is_refused_with_every_fault(client: Callable[[str], Any], role: str) -> None:
    states = client("stepfunctions")
    arn = states.create_state_machine(name=unique("machine"), definition=PASS, roleArn=role)["stateMachineArn"]
    with pytest.raises(ClientError) as refused:
        states.update_state_machine(stateMachineArn=arn, definition=machine({"Type": "Pass", "Next": "C"}, B=END))
    assert refused.value.response["Error"] == {
        "Code": "InvalidDefinition",
        "Message": "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: C at"
        ' /States/A/Next, MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B\'',
    }
    assert states.describe_state_machine(stateMachineArn=arn)["definition"] == PASS


def test_a_definition_is_validated_without_a_state_machine(client: Callable[[str], Any]) -> None:
    validate = client("stepfunctions").validate_state_machine_definition
    assert (validate(definition=PASS)["result"], validate(definition=PASS)["diagnostics"]) == ("OK", [])
    told = validate(definition='{"StartAt": "A"}')
    assert (told["result"], told["truncated"]) == ("FAIL", False)
    message = "These fields are required: [States]"
    fault = {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": message, "location": "/"}
    assert told["diagnostics"] == [fault]
