"""Builds the input of a rule's target from an event, by Input, InputPath or InputTransformer.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local_aws.internal_client import CallFailed

_NAMES = {"detail-type": "detailType"}
"""Members of an event that have another name in the variable aws.events.event."""
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['([^']+)'\]|\[\"([^\"]+)\"\]")
PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.-]+)>")


def target_input(target: Mapping[str, Any], event: dict[str, Any], rule: Mapping[str, str]) -> str:
    """Returns the text that `target` receives; `rule` has Name and Arn; raises CallFailed if it is not delivered."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return _json(at_path(event, target["InputPath"]))
    if "InputTransformer" in target:
        return _transformed(target["InputTransformer"], event, rule)
    return _json(event)


def at_path(event: Any, path: str) -> Any:
    """Returns the value at a path such as `$.detail.object.key` or `$.resources[0]`; None if it is absent."""
    for name, index, *quoted in _STEP.findall(path.removeprefix("$")):
        key = int(index) if index else name or "".join(quoted)
        try:
            event = event[key]
        except (KeyError, IndexError, TypeError):
            return None
    return event


def _transformed(transformer: Mapping[str, Any], event: dict[str, Any], rule: Mapping[str, str]) -> str:
    found = {name: at_path(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
    values = {name: value for name, value in found.items() if value is not None} | {
        "aws.events.rule-arn": rule["Arn"],
        "aws.events.rule-name": rule["Name"],
        "aws.events.event.ingestion-time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "aws.events.event": {_NAMES.get(name, name): value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
    }
    template: str = transformer["InputTemplate"]
    is_object = template.lstrip().startswith("{")

    def replacement(placeholder: re.Match[str]) -> str:
        value = values.get(placeholder[1], "")
        if not _inside_string(template, placeholder.start()):
            return _json(value)
        if isinstance(value, str):
            return _json(value)[1:-1]
        # In a text the value loses its quotes; in an object it keeps them, which makes the whole no JSON.
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return text if is_object else text.replace('"', "")

    text = PLACEHOLDER.sub(replacement, template)
    if is_object:
        try:
            json.loads(text)
        except ValueError:
            raise CallFailed("delivery", "InvalidInput", f"the transformed input is no JSON: {text}", 400) from None
    return text


def _inside_string(template: str, position: int) -> bool:
    return len(re.findall(r'(?<!\\)"', template[:position])) % 2 == 1


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
