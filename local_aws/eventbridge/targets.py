"""Delivers events to the targets of rules, each with the permission that AWS asks for.

State machines and event buses are reached in the target's role; a function, a queue, a topic or a log group has to
allow EventBridge by a policy of its own.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from local_aws.eventbridge.arrivals import Arrival
from local_aws.iam.policies import Demand
from local_aws.iam.trust import Trust, TrustPolicy
from local_aws.internal_client import CallFailed, Credentials, Wire

_EVENTS = "events.amazonaws.com"


@dataclass(frozen=True)
class Delivery:
    """An event on its way to one target of a rule."""

    arrival: Arrival
    rule: Mapping[str, Any]
    target: Mapping[str, Any]

    @property
    def arn(self) -> str:
        """The target's ARN."""
        return str(self.target["Arn"])

    @property
    def region(self) -> str:
        """The target's region."""
        return self.arn.split(":")[3]

    @property
    def name(self) -> str:
        """The last part of the target's ARN."""
        return self.arn.split(":", 5)[5]


class Targets:
    """Sends events; `take` receives those that are forwarded to another bus."""

    def __init__(self, wire: Wire, take: Callable[[Arrival], None]) -> None:
        self._wire = wire
        self._take = take

    def send(self, delivery: Delivery, content: str) -> None:
        """Delivers the text `content` to a target; raises CallFailed."""
        service = delivery.arn.split(":")[2]
        if not (deliver := _SENDERS.get(service)):
            raise CallFailed("delivery", "NotSupported", f"no events are delivered to {service} here", 400)
        deliver(self, delivery, content)

    def send_message(self, delivery: Delivery, queue: str, content: str, **more: Any) -> None:
        """Sends a message to the queue with the ARN `queue`, if its policy allows the rule to; raises CallFailed."""
        region, name = queue.split(":")[3], queue.rpartition(":")[2]
        address = self._wire.call("sqs", region, "AmazonSQS.GetQueueUrl", {"QueueName": name})
        asked = {**address, "AttributeNames": ["Policy"]}
        attributes = self._wire.call("sqs", region, "AmazonSQS.GetQueueAttributes", asked).get("Attributes", {})
        _demand_permission(delivery, "sqs:SendMessage", queue, [attributes.get("Policy")])
        self._wire.call("sqs", region, "AmazonSQS.SendMessage", {**address, "MessageBody": content, **more})

    def _start_execution(self, delivery: Delivery, content: str) -> None:
        event_id = delivery.arrival.event["id"]
        arguments = {"stateMachineArn": delivery.arn, "name": f"{event_id}_{uuid.uuid4()}", "input": content}
        role = self._assume_role(delivery)
        target = "AWSStepFunctions.StartExecution"
        self._wire.call("states", delivery.region, target, arguments, access_key=role.access_key)

    def _invoke(self, delivery: Delivery, content: str) -> None:
        parts = delivery.arn.split(":")
        query = {"Qualifier": parts[7]} if len(parts) > 7 else None
        path = f"/2015-03-31/functions/{':'.join(parts[:7])}/policy"
        answer = self._wire.send("lambda", delivery.region, "GET", path, query=query)
        policy = json.loads(answer.get_data())["Policy"] if answer.status_code == 200 else None
        _demand_permission(delivery, "lambda:InvokeFunction", delivery.arn, [policy])
        path, headers = f"/2015-03-31/functions/{delivery.arn}/invocations", {"X-Amz-Invocation-Type": "Event"}
        answer = self._wire.send("lambda", delivery.region, "POST", path, headers=headers, body=content.encode())
        if answer.status_code >= 400:
            code = answer.headers.get("x-amzn-ErrorType", "InternalFailure")
            raise CallFailed("lambda:Invoke", code, answer.get_data(as_text=True), answer.status_code)

    def _send_to_queue(self, delivery: Delivery, content: str) -> None:
        self.send_message(delivery, delivery.arn, content, **delivery.target.get("SqsParameters", {}))

    def _publish(self, delivery: Delivery, content: str) -> None:
        topic = {"TopicArn": delivery.arn}
        found = self._wire.query("sns", "GetTopicAttributes", topic, region=delivery.region)
        attributes = {each.findtext("key"): each.findtext("value") for each in found.iter("entry")}
        _demand_permission(delivery, "sns:Publish", delivery.arn, [attributes.get("Policy")])
        self._wire.query("sns", "Publish", {**topic, "Message": content}, region=delivery.region)

    def _log(self, delivery: Delivery, content: str) -> None:
        group = delivery.name.removeprefix("log-group:").removesuffix(":*")
        names = {"logGroupName": group, "logStreamName": str(uuid.uuid3(uuid.NAMESPACE_URL, delivery.rule["Arn"]))}
        policies = self._logs(delivery, "DescribeResourcePolicies")["resourcePolicies"]
        resource = f"{delivery.arn.removesuffix(':*')}:log-stream:{names['logStreamName']}"
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            _demand_permission(delivery, action, resource, [each["policyDocument"] for each in policies])
        with suppress(CallFailed):  # the stream may exist; where the group does not, the next call is refused
            self._logs(delivery, "CreateLogStream", **names)
        line = {"timestamp": time.time_ns() // 1_000_000, "message": content}
        if "InputTransformer" in delivery.target:
            line |= _make_log_line(content)
        self._logs(delivery, "PutLogEvents", **names, logEvents=[line])

    def _logs(self, delivery: Delivery, operation: str, **arguments: Any) -> dict[str, Any]:
        return self._wire.call("logs", delivery.region, f"Logs_20140328.{operation}", arguments)

    def _forward(self, delivery: Delivery, _: str) -> None:
        if delivery.arrival.is_forwarded:
            raise CallFailed("events:PutEvents", "ThirdHop", "an event is forwarded to one other bus alone", 400)
        bus = delivery.name.rpartition("/")[2]
        found = self._wire.call("events", delivery.region, "AWSEvents.DescribeEventBus", {"Name": bus})
        if "RoleArn" in delivery.target:
            self._demand_of_role(delivery, "events:PutEvents")
        else:
            _demand_permission(delivery, "events:PutEvents", delivery.arn, [found.get("Policy")])
        self._take(Arrival(delivery.arrival.event, bus, delivery.region, is_forwarded=True))

    def _assume_role(self, delivery: Delivery) -> Credentials:
        session = f"events-{delivery.arrival.event['id']}"
        role, rule = delivery.target["RoleArn"], delivery.rule["Arn"]
        return self._wire.assume_role(role, session, delivery.region, service="events", source=rule)

    def _demand_of_role(self, delivery: Delivery, action: str) -> None:
        self._assume_role(delivery)
        asked = {"PolicySourceArn": delivery.target["RoleArn"], "ActionNames.member.1": action}
        found = self._wire.query("iam", "SimulatePrincipalPolicy", {**asked, "ResourceArns.member.1": delivery.arn})
        if found.findtext(".//EvalDecision") != "allowed":
            message = f"the role {delivery.target['RoleArn']} does not allow {action} on {delivery.arn}"
            raise CallFailed(action, "AccessDenied", message, 403)


def _make_log_line(content: str) -> dict[str, Any]:
    """The line that an InputTransformer's template makes, which has to be an object of timestamp and message."""
    try:
        given = json.loads(content)
        return {"timestamp": int(given["timestamp"]), "message": str(given["message"])}
    except (ValueError, TypeError, KeyError):
        message = f"a log group takes an object of timestamp and message, and not {content}"
        raise CallFailed("delivery", "InvalidInput", message, 400) from None


def _demand_permission(delivery: Delivery, action: str, resource: str, policies: list[str | None]) -> None:
    """Raises CallFailed unless one of a resource's policies, given as JSON, allows EventBridge to act for the rule."""
    rule = delivery.rule["Arn"]
    context = {
        "aws:requestedregion": (resource.split(":")[3],),
        "aws:sourcearn": (rule,),
        "aws:sourceaccount": (rule.split(":")[4],),
        "aws:principalisawsservice": ("true",),
        "aws:principalservicename": (_EVENTS,),
    }
    statements = [each for text in policies if text for each in json.loads(text)["Statement"]]
    trust = TrustPolicy({"Statement": statements}).of_service(_EVENTS, Demand(action, resource, context))
    if trust is not Trust.NAMED:
        message = f"no statement of the policy of {resource} allows {_EVENTS} to act for {rule}"
        raise CallFailed(action, "AccessDenied", message, 403)


_SENDERS: dict[str, Callable[[Targets, Delivery, str], None]] = {
    "states": Targets._start_execution,
    "lambda": Targets._invoke,
    "sqs": Targets._send_to_queue,
    "sns": Targets._publish,
    "logs": Targets._log,
    "events": Targets._forward,
}
