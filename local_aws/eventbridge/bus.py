"""The event bus: one thread that delivers each event, in order of arrival, to the targets of the rules it matches."""

from __future__ import annotations

import json
import logging
import queue
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from local_aws.eventbridge.inputs import target_input
from local_aws.eventbridge.pattern import matches
from local_aws.eventbridge.targets import send
from local_aws.internal_client import CallFailed, Wire

_RETRY_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Arrival:
    """An event, and the bus and region where it arrived."""

    event: dict[str, Any]
    bus: str
    region: str
    at: float = field(default_factory=monotonic)


def new_event(
    source: str, detail_type: str, detail: Any, *, account: str, region: str, resources: list[str], time: float | None
) -> dict[str, Any]:
    """Returns an event in EventBridge's envelope; `time` is in seconds since the epoch, None for now."""
    at = datetime.now(UTC) if time is None else datetime.fromtimestamp(time, UTC)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": resources,
        "detail": detail,
    }


class EventBus:
    """Queues events and delivers them."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.delay = 0.0
        """The seconds between the arrival of an event and its delivery."""
        self._arrivals = queue.SimpleQueue[Arrival | None]()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="event-bus", daemon=True)
        self._thread.start()

    def take(self, arrival: Arrival) -> None:
        """Queues an event; does not wait for its delivery."""
        self._arrivals.put(arrival)

    def stop(self) -> None:
        """Stops the delivery; queued events are dropped."""
        self._stopping.set()
        self._arrivals.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (arrival := self._arrivals.get()) is not None and not self._stopping.is_set():
            self._stopping.wait(max(0.0, arrival.at + self.delay - monotonic()))
            try:
                for rule in self._matching_rules(arrival):
                    for target in self._targets(rule, arrival):
                        self._deliver(arrival, rule, target)
            except CallFailed as failure:
                _log.error("event %s is lost: %s", arrival.event["id"], failure)

    def _matching_rules(self, arrival: Arrival) -> Iterator[dict[str, Any]]:
        for rule in self._pages("ListRules", "Rules", {"EventBusName": arrival.bus}, arrival.region):
            pattern = rule.get("EventPattern")
            if pattern and rule.get("State") == "ENABLED" and matches(json.loads(pattern), arrival.event):
                yield rule

    def _targets(self, rule: dict[str, Any], arrival: Arrival) -> Iterator[dict[str, Any]]:
        arguments = {"Rule": rule["Name"], "EventBusName": arrival.bus}
        return self._pages("ListTargetsByRule", "Targets", arguments, arrival.region)

    def _pages(self, operation: str, items: str, arguments: dict[str, str], region: str) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = self._wire.call("events", region, f"AWSEvents.{operation}", {**arguments, **token})
            yield from page[items]
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def _deliver(self, arrival: Arrival, rule: dict[str, Any], target: dict[str, Any]) -> None:
        for wait in (*_RETRY_SECONDS, None):
            try:
                content = target_input(target, arrival.event, rule)
                send(self._wire, rule["Arn"], target, content, event_id=arrival.event["id"])
                return
            except CallFailed as failure:
                may_pass = failure.status == 429 or failure.status >= 500 or "Throttl" in failure.code
                if wait is None or not may_pass or self._stopping.wait(wait):
                    _log.error("FailedInvocations: rule %s, target %s: %s", rule["Name"], target["Arn"], failure)
                    return
