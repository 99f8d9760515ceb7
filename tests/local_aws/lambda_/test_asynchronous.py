"""Asynchronous invocations are tried again, and their end is told to the function's destinations."""

import json
from typing import Any

import pytest

from tests.local_aws.conftest import ACCOUNT, REGION, Deploy
from tests.local_aws.helpers import eventually, unique
from tests.local_aws.inbox import ClientOf

FAILS = "def handler(event, context):\n    raise ValueError(event['n'])\n"
WORKS = "def handler(event, context):\n    return event['n']\n"


@pytest.mark.parametrize(
    ("source", "settings", "condition", "tries", "answer"),
    [
        (FAILS, {}, "RetriesExhausted", 3, {"errorMessage": "1", "errorType": "ValueError"}),
        (FAILS, {"MaximumRetryAttempts": 0}, "RetriesExhausted", 1, {"errorMessage": "1", "errorType": "ValueError"}),
        (WORKS, {}, "Success", 1, 1),
    ],
)
def test_the_end_of_an_invocation_is_told_to_its_destination(
    client: ClientOf,
    deploy: Deploy,
    source: str,
    settings: dict[str, int],
    condition: str,
    tries: int,
    answer: Any,
) -> None:
    sqs, name, function = client("sqs"), unique("queue"), deploy(source)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    destination = {"Destination": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"}
    destinations = {"OnSuccess": destination, "OnFailure": destination}
    function.client.put_function_event_invoke_config(
        FunctionName=function.name, DestinationConfig=destinations, **settings
    )
    function.client.invoke(FunctionName=function.name, InvocationType="Event", Payload=b'{"n": 1}')
    (message,) = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"), "a message of the end")
    told = json.loads(message["Body"])
    context = told["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == (condition, tries)
    assert told["requestPayload"] == {"n": 1}
    payload = told["responsePayload"]
    assert (answer == payload) if condition == "Success" else (answer.items() <= payload.items())
    assert told["responseContext"].get("functionError") == (None if condition == "Success" else "Unhandled")

    logs, group = client("logs"), f"/aws/lambda/{function.name}"

    def identifiers() -> set[str]:
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return set()
        lines = logs.filter_log_events(logGroupName=group, filterPattern='"START RequestId"')["events"]
        return {line["message"].split()[2] for line in lines}

    assert eventually(identifiers, "the lines of the invocations") == {context["requestId"]}


def test_an_event_that_fails_is_in_the_dead_letter_queue(client: ClientOf, deploy: Deploy) -> None:
    sqs, name = client("sqs"), unique("queue")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    dead = {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"}
    function = deploy(FAILS, DeadLetterConfig=dead)
    assert function.client.get_function_configuration(FunctionName=function.name)["DeadLetterConfig"] == dead
    function.client.put_function_event_invoke_config(FunctionName=function.name, MaximumRetryAttempts=0)
    answer = function.client.invoke(FunctionName=function.name, InvocationType="Event", Payload=b'{"n": 1}')
    receive = lambda: sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages")  # noqa: E731
    (message,) = eventually(receive, "the event in the queue")
    told = {name: each["StringValue"] for name, each in message["MessageAttributes"].items()}
    identifier = answer["ResponseMetadata"]["RequestId"]
    assert told == {"RequestID": identifier, "ErrorCode": "200", "ErrorMessage": "1"}
    assert json.loads(message["Body"]) == {"n": 1}
