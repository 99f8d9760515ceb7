"""The trigger: the rule that lets an upload start an execution."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steps.drivers.absence import unless_absent

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


@dataclass(frozen=True)
class Rule:
    """A rule, and its targets as EventBridge describes them."""

    name: str
    enabled: bool
    pattern: str
    targets: tuple[Mapping[str, Any], ...]


class Trigger:
    """EventBridge's rule."""

    def __init__(self, events: EventBridgeClient, rule: str) -> None:
        self._events, self._rule = events, rule

    def found(self) -> Rule | None:
        """The rule, if there is one of its name."""
        answer = unless_absent(lambda: self._events.describe_rule(Name=self._rule))
        if answer is None:
            return None
        return Rule(
            self._rule, answer.get("State") != "DISABLED", answer.get("EventPattern", ""), self._targets(self._rule)
        )

    def others(self, target: str) -> list[str]:
        """The names of all other enabled rules that have `target`, an ARN, among their targets."""
        names = self._events.get_paginator("list_rule_names_by_target").paginate(TargetArn=target)
        others = (name for page in names for name in page["RuleNames"] if name != self._rule)
        return [name for name in others if self._events.describe_rule(Name=name).get("State") != "DISABLED"]

    def matches(self, rule: Rule, event: Mapping[str, Any]) -> bool:
        """Whether EventBridge finds that `event` matches the rule's pattern."""
        answer = self._events.test_event_pattern(EventPattern=rule.pattern, Event=json.dumps(event))
        return answer["Result"]

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

    def _targets(self, rule: str) -> tuple[Mapping[str, Any], ...]:
        pages = self._events.get_paginator("list_targets_by_rule").paginate(Rule=rule)
        return tuple(target for page in pages for target in page["Targets"])
