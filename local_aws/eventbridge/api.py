"""The layer for EventBridge's API: PutEvents, TestEventPattern, and the rejection of invalid patterns and targets."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Request, Response

from local_aws.errors import json_error
from local_aws.eventbridge.arrivals import Arrival, new_event
from local_aws.eventbridge.bus import EventBus
from local_aws.eventbridge.pattern import matches
from local_aws.eventbridge.pattern_rules import InvalidPattern, parse_pattern
from local_aws.eventbridge.target_rules import fault_of_targets
from local_aws.http import Handler, json_answer, scope_of
from local_aws.internal_client import CallFailed, Wire

_MAX_BYTES = 256 * 1024
_DELAY = "/_events/delay"


class EventBridge:
    """Hands the events of PutEvents to `bus`; passes all other requests on, except invalid patterns.

    PUT of `/_events/delay` sets the bus's delay by `{"seconds"}`.
    """

    def __init__(self, account: str, bus: EventBus, wire: Wire) -> None:
        self._account = account
        self._bus = bus
        self._wire = wire

    def __call__(self, request: Request, inner: Handler) -> Response:
        """Answers `request`."""
        if request.path == _DELAY and request.method == "PUT" and scope_of(request) is None:
            self._bus.delay = float(json.loads(request.get_data())["seconds"])
            return json_answer({})
        target = request.headers.get("X-Amz-Target")
        if target == "AWSEvents.PutEvents":
            return self._put_events(request)
        try:
            if target == "AWSEvents.TestEventPattern":
                return _test_event_pattern(request)
            if target == "AWSEvents.PutRule" and (pattern := json.loads(request.get_data()).get("EventPattern")):
                parse_pattern(pattern)
        except InvalidPattern as reason:
            return json_error("InvalidEventPatternException", f"Event pattern is not valid. Reason: {reason}")
        if target == "AWSEvents.PutTargets" and (scope := scope_of(request)):
            asked = json.loads(request.get_data())
            bus = asked.get("EventBusName", "default")
            listed = {"Rule": asked.get("Rule", ""), "EventBusName": bus}
            if refusal := fault_of_targets(asked.get("Targets", []), lambda: self._ids(listed, scope.region)):
                return json_error(*refusal)
        return inner(request)

    def _ids(self, listed: dict[str, str], region: str) -> set[str]:
        """The ids of a rule's targets; none if there is no such rule, which the control plane then refuses."""
        try:
            page = self._wire.call("events", region, "AWSEvents.ListTargetsByRule", listed)
        except CallFailed:
            return set()
        return {each["Id"] for each in page["Targets"]}

    def _put_events(self, request: Request) -> Response:
        scope = scope_of(request)
        region = scope.region if scope else "us-east-1"
        entries = json.loads(request.get_data())["Entries"]
        if not 1 <= len(entries) <= 10:
            return json_error("ValidationException", f"Entries must have 1 to 10 members, and has {len(entries)}.")
        if sum(map(_size, entries)) >= _MAX_BYTES:
            return json_error("ValidationException", "Total size of the entries in the request is over the limit.")
        results = [self._put_event(entry, region) for entry in entries]
        return json_answer({"FailedEntryCount": sum("ErrorCode" in each for each in results), "Entries": results})

    def _put_event(self, entry: dict[str, Any], region: str) -> dict[str, str]:
        if fault := _fault(entry):
            return {"ErrorCode": fault[0], "ErrorMessage": fault[1]}
        event = new_event(
            entry["Source"],
            entry["DetailType"],
            json.loads(entry["Detail"]),
            account=self._account,
            region=region,
            resources=entry.get("Resources", []),
            time=entry.get("Time"),
        )
        self._bus.take(Arrival(event, entry.get("EventBusName", "default").rpartition("/")[2], region))
        return {"EventId": event["id"]}


def _test_event_pattern(request: Request) -> Response:
    asked = json.loads(request.get_data())
    return json_answer({"Result": matches(parse_pattern(asked["EventPattern"]), json.loads(asked["Event"]))})


def _size(entry: dict[str, Any]) -> int:
    """The size of an entry as EventBridge counts it, in bytes; a time counts as 14."""
    texts = [entry.get(name) or "" for name in ("Source", "DetailType", "Detail")] + entry.get("Resources", [])
    return sum(len(text.encode()) for text in texts) + (14 if entry.get("Time") else 0)


def _fault(entry: dict[str, Any]) -> tuple[str, str] | None:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            return "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument."
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        detail = None
    return None if isinstance(detail, dict) else ("MalformedDetail", "Detail is malformed.")
