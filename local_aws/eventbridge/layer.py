"""The layer for EventBridge's API: PutEvents, TestEventPattern, and the rejection of invalid patterns as on AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from local_aws.eventbridge.bus import Arrival, new_event
from local_aws.eventbridge.pattern import matches
from local_aws.eventbridge.pattern_rules import InvalidPattern, parse_pattern
from local_aws.http import Handler, json_answer, json_error, scope_of


def event_bridge(inner: Handler, account: str, take: Callable[[Arrival], None]) -> Handler:
    """Returns the layer over `inner`; it passes the events of PutEvents to `take`."""

    def answer(request: Request) -> Response:
        target = request.headers.get("X-Amz-Target")
        if target == "AWSEvents.PutEvents":
            scope = scope_of(request)
            return _put_events(request, account, scope.region if scope else "us-east-1", take)
        try:
            if target == "AWSEvents.TestEventPattern":
                return _test_event_pattern(request)
            if target == "AWSEvents.PutRule" and (pattern := json.loads(request.get_data()).get("EventPattern")):
                parse_pattern(pattern)
        except InvalidPattern as reason:
            return json_error("InvalidEventPatternException", f"Event pattern is not valid. Reason: {reason}")
        return inner(request)

    return answer


def _test_event_pattern(request: Request) -> Response:
    asked = json.loads(request.get_data())
    return json_answer({"Result": matches(parse_pattern(asked["EventPattern"]), json.loads(asked["Event"]))})


def _put_events(request: Request, account: str, region: str, take: Callable[[Arrival], None]) -> Response:
    entries = json.loads(request.get_data())["Entries"]
    if not 1 <= len(entries) <= 10:
        return json_error("ValidationException", f"Entries must have 1 to 10 members, and has {len(entries)}.")
    results = []
    for entry in entries:
        if fault := _fault(entry):
            results.append({"ErrorCode": fault[0], "ErrorMessage": fault[1]})
            continue
        event = new_event(
            entry["Source"],
            entry["DetailType"],
            json.loads(entry["Detail"]),
            account=account,
            region=region,
            resources=entry.get("Resources", []),
            time=entry.get("Time"),
        )
        results.append({"EventId": event["id"]})
        take(Arrival(event, entry.get("EventBusName", "default").rpartition("/")[2], region))
    return json_answer({"FailedEntryCount": sum("ErrorCode" in each for each in results), "Entries": results})


def _fault(entry: dict[str, Any]) -> tuple[str, str] | None:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            return "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument."
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        detail = None
    return None if isinstance(detail, dict) else ("MalformedDetail", "Detail is malformed.")
