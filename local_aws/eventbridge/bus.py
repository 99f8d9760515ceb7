"""The event bus: one thread that delivers each event, in order of arrival, to the targets of the rules it matches."""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Iterator
from time import monotonic
from typing import Any

from local_aws.eventbridge.arrivals import Arrival
from local_aws.eventbridge.delivery import deliver
from local_aws.eventbridge.pattern import matches
from local_aws.eventbridge.targets import Delivery, Targets
from local_aws.internal_client import CallFailed, Wire

_log = logging.getLogger(__name__)


class EventBus:
    """Queues events and delivers them."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._targets = Targets(wire, self.take)
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
                    for target in self._targets_of(rule, arrival):
                        deliver(self._targets, Delivery(arrival, rule, target), self._stopping.wait)
            except CallFailed as failure:
                _log.error("event %s is lost: %s", arrival.event["id"], failure)

    def _matching_rules(self, arrival: Arrival) -> Iterator[dict[str, Any]]:
        for rule in self._pages("ListRules", "Rules", {"EventBusName": arrival.bus}, arrival.region):
            pattern = rule.get("EventPattern")
            if pattern and rule.get("State") != "DISABLED" and matches(json.loads(pattern), arrival.event):
                yield rule

    def _targets_of(self, rule: dict[str, Any], arrival: Arrival) -> Iterator[dict[str, Any]]:
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
