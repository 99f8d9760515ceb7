"""The trigger: the rule that lets an upload start an execution."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class Trigger:
    """EventBridge's rule."""

    def __init__(self, events: EventBridgeClient, rule: str) -> None:
        self._events, self._rule = events, rule

    @contextmanager
    def off(self) -> Iterator[None]:
        """No upload starts anything within the block; after it, the rule is as it was."""
        enabled = self._events.describe_rule(Name=self._rule).get("State") != "DISABLED"
        self._events.disable_rule(Name=self._rule)
        try:
            yield
        finally:
            if enabled:
                self._events.enable_rule(Name=self._rule)
