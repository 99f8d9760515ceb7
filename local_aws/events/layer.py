"""The layer of EventBridge's API: refuses the patterns that AWS refuses, and delivers what is put by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

from werkzeug.wrappers import Request, Response

from local_aws.envelopes import Handler, json_error, scope_of
from local_aws.events.bus import Arrival, new_event
from local_aws.events.pattern_rules import InvalidPattern, parse_pattern


def event_bridge(inner: Handler, account: str, take: Callable[[Arrival], None]) -> Handler:
    """The layer over `inner` that gives `take` the events that are put."""

    def answer(request: Request) -> Response:
        target = request.headers.get("X-Amz-Target", "")
        if target == "AWSEvents.PutRule":
            pattern = json.loads(request.get_data()).get("EventPattern")
            try:
                if pattern:
                    parse_pattern(pattern)
            except InvalidPattern as reason:
                return json_error("InvalidEventPatternException", f"Event pattern is not valid. Reason: {reason}")
        given = inner(request)
        if target == "AWSEvents.PutEvents" and given.status_code == 200:
            for arrival in _arrivals(request, given, account):
                take(arrival)
        return given

    return answer


def _arrivals(request: Request, answer: Response, account: str) -> list[Arrival]:
    scope = scope_of(request)
    region = scope.region if scope else "us-east-1"
    entries = json.loads(request.get_data())["Entries"]
    results = json.loads(answer.get_data())["Entries"]
    arrivals = []
    for entry, result in zip(entries, results, strict=True):
        if "EventId" in result:
            event = new_event(
                entry["Source"],
                entry["DetailType"],
                json.loads(entry["Detail"]),
                account=account,
                region=region,
                resources=entry.get("Resources", []),
                time=_iso(entry.get("Time")),
            )
            event["id"] = result["EventId"]
            bus = entry.get("EventBusName", "default").rpartition("/")[2]
            arrivals.append(Arrival(event, bus, region))
    return arrivals


def _iso(time: float | None) -> str | None:
    return None if time is None else f"{datetime.fromtimestamp(time, UTC):%Y-%m-%dT%H:%M:%SZ}"
