"""The targets of rules: what each receives, whose permission it takes, and what becomes of events they do not take."""

import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from werkzeug.wrappers import Request, Response

from local_aws.eventbridge.arrivals import Arrival
from local_aws.eventbridge.delivery import deliver
from local_aws.eventbridge.targets import Delivery, Targets
from local_aws.internal_client import Wire
from tests.local_aws.conftest import ACCOUNT, REGION
from tests.local_aws.helpers import eventually, unique
from tests.local_aws.inbox import ClientOf

EVENTS = {"Service": "events.amazonaws.com"}


class Queue(NamedTuple):
    """A queue, and what it holds."""

    arn: str
    messages: Callable[[], list[dict[str, Any]]]

    def message(self) -> dict[str, Any]:
        """The first message, once there is one."""
        return eventually(self.messages, f"a message in {self.arn}")[0]


@pytest.fixture
def queue(client: ClientOf) -> Callable[..., Queue]:
    """Makes a queue to which EventBridge may send, but for one that `is_closed`."""

    def make(suffix: str = "", *, is_closed: bool = False, **attributes: str) -> Queue:
        sqs, name = client("sqs"), unique("queue") + suffix
        url, arn = (
            sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"],
            f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}",
        )
        if not is_closed:
            statement = {"Effect": "Allow", "Principal": EVENTS, "Action": "sqs:SendMessage", "Resource": arn}
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [statement]})})
        asked: Any = {"MessageAttributeNames": ["All"], "AttributeNames": ["All"]}
        return Queue(arn, lambda: list(sqs.receive_message(QueueUrl=url, **asked).get("Messages", [])))

    return make


def send(client: ClientOf, target: dict[str, Any], **entry: str) -> str:
    """Puts an event that a new rule sends to `target`; returns the rule's ARN."""
    events, name = client("events"), unique("rule")
    bus = entry.get("EventBusName", "default")
    rule = events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "1", **target}])
    events.put_events(Entries=[{"Source": name, "DetailType": "t", "Detail": '{"n": 1}', **entry}])
    return str(rule)


def test_a_fifo_queue_receives_the_transformed_event_in_its_group(
    client: ClientOf, queue: Callable[..., Queue]
) -> None:
    fifo = queue(".fifo", FifoQueue="true", ContentBasedDeduplication="true")
    transformer = {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '"number <n>"'}
    send(client, {"Arn": fifo.arn, "SqsParameters": {"MessageGroupId": "group"}, "InputTransformer": transformer})
    message = fifo.message()
    assert (message["Body"], message["Attributes"]["MessageGroupId"]) == ('"number 1"', "group")


def test_a_log_group_receives_the_message_of_the_template(client: ClientOf) -> None:
    logs, group = client("logs"), unique("group")
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    logs.create_log_group(logGroupName=group)
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    statement = {"Effect": "Allow", "Principal": EVENTS, "Action": actions, "Resource": f"{arn}:*"}
    logs.put_resource_policy(policyName=group, policyDocument=json.dumps({"Statement": [statement]}))
    paths = {"n": "$.detail.n"}
    at = time.time_ns() // 1_000_000 - 60_000
    template = f'{{"timestamp": {at}, "message": "number <n>"}}'
    send(client, {"Arn": arn, "InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}})
    (line,) = eventually(lambda: logs.filter_log_events(logGroupName=group)["events"], "a line in the log group")
    assert (line["timestamp"], line["message"]) == (at, "number 1")


def test_an_event_is_forwarded_to_another_bus_and_no_further(
    client: ClientOf, queue: Callable[..., Queue], role: str
) -> None:
    events, names, end = client("events"), [unique("bus") for _ in range(2)], queue()
    first, second = (events.create_event_bus(Name=name)["EventBusArn"] for name in names)
    dead, everything = queue(), json.dumps({"detail-type": ["t"]})
    for bus, target in ((names[0], second), (names[1], first)):
        events.put_rule(Name=bus, EventBusName=bus, EventPattern=everything)
        hop = {"Id": "hop", "Arn": target, "RoleArn": role, "DeadLetterConfig": {"Arn": dead.arn}}
        events.put_targets(Rule=bus, EventBusName=bus, Targets=[hop])
    events.put_targets(Rule=names[1], EventBusName=names[1], Targets=[{"Id": "end", "Arn": end.arn}])
    put = events.put_events(Entries=[{"Source": "s", "DetailType": "t", "Detail": "{}", "EventBusName": names[0]}])
    assert json.loads(end.message()["Body"])["id"] == put["Entries"][0]["EventId"]
    attributes = dead.message()["MessageAttributes"]
    assert attributes["TARGET_ARN"]["StringValue"] == first
    assert attributes["ERROR_CODE"]["StringValue"] == "THIRD_ACCOUNT_HOP_DETECTED"


def absent_machine(client: ClientOf, role: str) -> dict[str, Any]:
    return {"Arn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{unique('gone')}", "RoleArn": role}


def function_never_allowed(client: ClientOf, role: str) -> dict[str, Any]:
    return {"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{unique('never')}"}


def absent_queue(client: ClientOf, role: str) -> dict[str, Any]:
    return {"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{unique('gone')}"}


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (absent_machine, "NO_RESOURCE"),
        (absent_queue, "NO_RESOURCE"),
        (function_never_allowed, "NO_PERMISSIONS"),
    ],
)
def test_what_a_target_cannot_take_is_in_the_dead_letter_queue_at_once(
    client: ClientOf, queue: Callable[..., Queue], role: str, make: Callable[..., dict[str, Any]], code: str
) -> None:
    target, dead = make(client, role), queue()
    rule = send(client, {**target, "DeadLetterConfig": {"Arn": dead.arn}})
    message = dead.message()
    told = {name: each["StringValue"] for name, each in message["MessageAttributes"].items()}
    assert told.pop("ERROR_MESSAGE")
    assert told == {"RULE_ARN": rule, "TARGET_ARN": target["Arn"], "ERROR_CODE": code, "RETRY_ATTEMPTS": "0"}
    assert json.loads(message["Body"])["detail"] == {"n": 1}


FAILING, DEAD = (f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}" for name in ("failing", "dead"))


class Queues:
    """An AWS of two queues that anybody may send to; one of them answers its first messages with an error."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.sent: list[dict[str, Any]] = []

    def __call__(self, request: Request) -> Response:
        asked = json.loads(request.get_data())
        match request.headers["X-Amz-Target"].rpartition(".")[2]:
            case "GetQueueUrl":
                return Response(json.dumps({"QueueUrl": asked["QueueName"]}))
            case "GetQueueAttributes":
                policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]}
                return Response(json.dumps({"Attributes": {"Policy": json.dumps(policy)}}))
        if asked["QueueUrl"] == "failing" and self.answers:
            return Response('{"__type": "ServiceUnavailable"}', self.answers.pop(0))
        self.sent.append(asked)
        return Response("{}")


@pytest.mark.parametrize(
    ("policy", "answers", "pauses", "told"),
    [
        ({}, [503, 429], 2, None),
        ({"MaximumRetryAttempts": 2}, [503] * 9, 2, ("2", "MaximumRetryAttempts")),
        ({"MaximumRetryAttempts": 0}, [503], 0, ("0", "MaximumRetryAttempts")),
        ({"MaximumEventAgeInSeconds": 60}, [503], 0, ("0", "MaximumEventAgeInSeconds")),
        ({"MaximumRetryAttempts": 9}, [400], 0, ("0", None)),
    ],
)
def test_a_target_that_fails_for_a_time_is_tried_again_as_its_policy_says(
    policy: dict[str, int], answers: list[int], pauses: int, told: tuple[str | None, str | None] | None
) -> None:
    queues, waited = Queues(*answers), list[float]()
    age = 61 if "MaximumEventAgeInSeconds" in policy else 0
    arrival = Arrival(event={"id": "1"}, bus="default", region=REGION, at=time.monotonic() - age)
    target = {"Arn": FAILING, "RetryPolicy": policy, "DeadLetterConfig": {"Arn": DEAD}}
    delivery = Delivery(arrival, {"Name": "rule", "Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/rule"}, target)
    targets = Targets(Wire(queues, REGION), lambda arrival: None)

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return False

    deliver(targets, delivery, wait)
    (sent,) = queues.sent
    attributes = {name: each["StringValue"] for name, each in sent.get("MessageAttributes", {}).items()}
    assert (sent["QueueUrl"], len(waited)) == ("dead" if told else "failing", pauses)
    assert (attributes.get("RETRY_ATTEMPTS"), attributes.get("EXHAUSTED_RETRY_CONDITION")) == (told or (None, None))


def test_a_rule_for_events_of_the_management_plane_too_receives_all_others(
    client: ClientOf, queue: Callable[..., Queue]
):
    there, events, name = queue(), client("events"), unique("rule")
    state = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    events.put_rule(Name=name, State=state, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": there.arn}])
    events.put_events(Entries=[{"Source": name, "DetailType": "t", "Detail": "{}"}])
    assert json.loads(there.message()["Body"])["source"] == name
