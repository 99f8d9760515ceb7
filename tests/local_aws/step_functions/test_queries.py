"""Queries of state machines have the results and the errors that they have on AWS."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.step_functions.queries import QueryError, query, split_reference
from tests.local_aws.conftest import PASS
from tests.local_aws.helpers import unique
from tests.local_aws.step_functions.conftest import Run

INPUT = {"none": None, "list": [None, 1], "orders": [{"id": 1}, {"id": 2}]}


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("$states.input", INPUT),
        ("$states.input.none", None),
        ("$kept", None),
        ("$states.input.orders[$ .id > 1]", {"id": 2}),
        ("$map($states.input.list, function($each) { $each })", [None, 1]),
        ("[1..3]", [1, 2, 3]),
        ("6 / 3", 2),
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$range(0, 9, 3)", [0, 3, 6, 9]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$hash('a', 'MD5')", "0cc175b9c0f1b6a831c399e269772661"),
        ("$random(7) = $random(7) and $random() < 1", True),
        ("$length($uuid())", 36),
        ("""$parse('{"a": [null]}')""", {"a": [None]}),
    ],
)
def test_a_query_has_its_result(expression: str, result: Any) -> None:
    assert query(expression, "Output", {"states": {"input": INPUT}, "kept": None}) == result


@pytest.mark.parametrize(
    ("expression", "field", "problem"),
    [
        ("$states.input.no", "Output", "returned nothing (undefined)."),
        ("$sum", "Output", "returned an unsupported result type."),
        ("$eval('1')", "Output/a", "threw an error during evaluation. T1006: Attempted to invoke a non-function"),
        ("1 / 0", "Output", "threw an error during evaluation. "),
        ("$range(1, 2, 0)", "Output", "threw an error during evaluation. "),
        ("$hash('a', 'CRC')", "Output", "threw an error during evaluation. "),
        ("1", "Choices[0]/Condition", "returned an unexpected result type. Expected 'boolean', but was 'number' for"),
        ("{'a': 1}", "Items", "returned an unexpected result type. Expected 'array', but was 'object' for value: {"),
    ],
)
def test_a_query_without_a_result_names_its_field(expression: str, field: str, problem: str) -> None:
    with pytest.raises(QueryError) as raised:
        query(expression, field, {"states": {"input": INPUT}})
    assert str(raised.value).startswith(
        f"The JSONata expression '{expression}' specified for the field '{field}' {problem}"
    )


def test_a_reference_is_a_variable_and_a_path() -> None:
    assert split_reference("$orders[0].id") == ("orders", "$[0].id")


def test_a_failed_query_is_in_the_history_and_can_be_caught(run: Run) -> None:
    caught = {"ErrorEquals": ["States.QueryEvaluationError"], "Next": "B", "Output": "{% $states.errorOutput.Cause %}"}
    call = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": "{% $no %}"}
    states: dict[str, Any] = {"A": {**call, "Catch": [caught]}, "B": {"Type": "Pass", "Output": {"a": ["{% $no %}"]}}}
    execution, history = run(
        {name: {**state, "QueryLanguage": "JSONata", "End": True} for name, state in states.items()}
    )
    place = "An error occurred while executing the state '{}' (entered at the event id #{})."
    said = " The JSONata expression '$no' specified for the field '{}' returned nothing (undefined)."
    failed = [each["evaluationFailedEventDetails"] for each in history if each["type"] == "EvaluationFailed"]
    first, second = place.format("A", 2) + said.format("Arguments"), place.format("B", 5) + said.format("Output/a[0]")
    assert [each["cause"] for each in failed] == [first, second]
    entered = [each["stateEnteredEventDetails"] for each in history if each["type"] == "PassStateEntered"]
    assert json.loads(entered[0]["input"]) == first
    assert (execution["error"], execution["cause"]) == ("States.QueryEvaluationError", second)


def test_output_sees_variables_as_they_were(run: Run) -> None:
    first = {"Type": "Pass", "Assign": {"count": 1}, "Next": "Second"}
    second = {"Type": "Pass", "Assign": {"count": "{% $count + 1 %}"}, "Output": "{% $count %}", "Next": "Third"}
    third = {"Type": "Pass", "Output": "{% [$states.input, $count] %}", "End": True}
    states: dict[str, Any] = {"First": first, "Second": second, "Third": third}
    execution, _ = run({name: {**state, "QueryLanguage": "JSONata"} for name, state in states.items()})
    assert json.loads(execution["output"]) == [1, 2]


def test_definitions_that_are_parsed_at_once_do_not_disturb_each_other(client: Callable[[str], Any], role: str) -> None:
    states = {"P": {"Type": "Pass", "End": True, "QueryLanguage": "JSONPath"}}
    refused = json.dumps({"StartAt": "P", "QueryLanguage": "JSONata", "States": states})

    def create(definition: str) -> str:
        create_machine = client("stepfunctions").create_state_machine
        try:
            return str(create_machine(name=unique("machine"), definition=definition, roleArn=role)["stateMachineArn"])
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    definitions = [PASS.replace('"Type"', f'"Comment": "{number}", "Type"') for number in range(10)]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(create, [each for definition in definitions for each in (refused, definition)]))
    assert [answer for answer in answers[1::2] if not answer.startswith("arn:")] == []
