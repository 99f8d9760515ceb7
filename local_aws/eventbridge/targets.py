"""Delivers events to the targets of a rule: Step Functions state machines and Lambda functions."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from local_aws.iam.policies import Demand
from local_aws.iam.trust import Trust, TrustPolicy
from local_aws.internal_client import CallFailed, Wire

_EVENTS = "events.amazonaws.com"


def send(wire: Wire, rule_arn: str, target: Mapping[str, Any], content: str, event_id: str) -> None:
    """Delivers the JSON text `content` to a target, for a state machine in the target's role; raises CallFailed."""
    service, region = target["Arn"].split(":")[2:4]
    if service == "states":
        _start_execution(wire, region, rule_arn, target, content, event_id)
    elif service == "lambda":
        _invoke(wire, region, rule_arn, target["Arn"], content)
    else:
        raise CallFailed("delivery", "NotSupported", f"no events are delivered to {service} here", 400)


def _start_execution(
    wire: Wire, region: str, rule_arn: str, target: Mapping[str, Any], content: str, event_id: str
) -> None:
    role = wire.assume_role(target["RoleArn"], f"events-{event_id}", region, service="events", source=rule_arn)
    name = f"{event_id}_{uuid.uuid4()}"
    arguments = {"stateMachineArn": target["Arn"], "name": name, "input": content}
    wire.call("states", region, "AWSStepFunctions.StartExecution", arguments, access_key=role.access_key)


def _invoke(wire: Wire, region: str, rule_arn: str, function: str, content: str) -> None:
    if not _may_invoke(wire, region, rule_arn, function):
        message = f"no statement of the function's policy allows {_EVENTS} to invoke it for {rule_arn}"
        raise CallFailed("lambda:Invoke", "AccessDeniedException", message, 403)
    path, headers = f"/2015-03-31/functions/{function}/invocations", {"X-Amz-Invocation-Type": "Event"}
    answer = wire.send("lambda", region, "POST", path, headers=headers, body=content.encode())
    if answer.status_code >= 400:
        code = answer.headers.get("x-amzn-ErrorType", "InternalFailure")
        raise CallFailed("lambda:Invoke", code, answer.get_data(as_text=True), answer.status_code)


def _may_invoke(wire: Wire, region: str, rule_arn: str, function: str) -> bool:
    """True if the function's own policy allows EventBridge to invoke it for the rule; no role is asked."""
    parts = function.split(":")
    query = {"Qualifier": parts[7]} if len(parts) > 7 else None
    answer = wire.send("lambda", region, "GET", f"/2015-03-31/functions/{':'.join(parts[:7])}/policy", query=query)
    if answer.status_code != 200:
        return False
    document = json.loads(json.loads(answer.get_data())["Policy"])
    context = {
        "aws:requestedregion": (region,),
        "aws:sourcearn": (rule_arn,),
        "aws:sourceaccount": (rule_arn.split(":")[4],),
    }
    demand = Demand("lambda:InvokeFunction", function, context)
    return TrustPolicy(document).of_service(_EVENTS, demand) is Trust.NAMED
