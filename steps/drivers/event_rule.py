"""The EventBridge rule, and the input that its target receives for an event.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steps.drivers.absence import unless_absent
from steps.drivers.jsonpath import at

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


REPLACEMENTS = ("Input", "InputPath", "InputTransformer")
"""The settings of a target that replace the event by another input."""
_PLACE = re.compile(r"(?<!\\)<([\w.-]+)>")
_QUOTE = re.compile(r'(?<!\\)"')


def is_of(machine: str, arn: str) -> bool:
    """True if `arn` is the state machine's, or that of a version or an alias of it."""
    return arn == machine or arn.startswith(f"{machine}:")


def received(target: Mapping[str, Any], event: Mapping[str, Any]) -> Any:
    """Return the input that `target` receives for `event`. Raises ValueError for invalid JSON or an invalid path."""
    if (text := target.get("Input")) is not None:
        return json.loads(text)
    if (transformer := target.get("InputTransformer")) is not None:
        return json.loads(_transformed(transformer, event))
    return at(event, target.get("InputPath") or "$")


def _transformed(transformer: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """Fill in the input template: inside quotes, text is inserted without quotes of its own; elsewhere, as JSON."""
    template: str = transformer["InputTemplate"]
    values: dict[str, Any] = {name: at(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
    values["aws.events.event.json"] = event
    values["aws.events.event"] = {name: value for name, value in event.items() if name != "detail"}

    def value(place: re.Match[str]) -> str:
        found = values.get(place[1])
        if not len(_QUOTE.findall(template[: place.start()])) % 2:
            return json.dumps(found)
        return json.dumps("" if found is None else found if isinstance(found, str) else json.dumps(found))[1:-1]

    return _PLACE.sub(value, template)


@dataclass(frozen=True)
class Rule:
    """A rule with its event pattern, and its targets as EventBridge describes them."""

    name: str
    enabled: bool
    pattern: str
    targets: tuple[Mapping[str, Any], ...]


class Trigger:
    """Reads one EventBridge rule, and disables it for a while."""

    def __init__(self, events: EventBridgeClient, rule: str) -> None:
        self._events, self._rule = events, rule

    def found(self) -> Rule | None:
        """The rule, or None if it does not exist."""
        answer = unless_absent(lambda: self._events.describe_rule(Name=self._rule))
        if answer is None:
            return None
        return Rule(
            self._rule, answer.get("State") != "DISABLED", answer.get("EventPattern", ""), self._targets(self._rule)
        )

    def others(self, target: str) -> list[str]:
        """The names of all other enabled rules with the ARN `target`, or the alias that the rule has, as target."""
        own = unless_absent(lambda: self._targets(self._rule)) or ()
        arns = dict.fromkeys([target, *(each["Arn"] for each in own if is_of(target, each["Arn"]))])
        by_target = self._events.get_paginator("list_rule_names_by_target")
        pages = (page for arn in arns for page in by_target.paginate(TargetArn=arn))
        others = dict.fromkeys(name for page in pages for name in page["RuleNames"] if name != self._rule)
        return [name for name in others if self._events.describe_rule(Name=name).get("State") != "DISABLED"]

    def matches(self, rule: Rule, event: Mapping[str, Any]) -> bool:
        """True if `event` matches the rule's event pattern, as tested by EventBridge itself."""
        answer = self._events.test_event_pattern(EventPattern=rule.pattern, Event=json.dumps(event))
        return answer["Result"]

    @contextmanager
    def off(self) -> Iterator[None]:
        """Disable the rule within the block, so that uploads start no execution, then restore its state."""
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
