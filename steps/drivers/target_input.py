"""What a rule's target receives of an event, by what the rule says of its input.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from steps.drivers.jsonpath import at

REPLACEMENTS = ("Input", "InputPath", "InputTransformer")
"""The settings of a target that put something else in the event's place."""
_PLACE = re.compile(r"(?<!\\)<([\w.-]+)>")
_QUOTE = re.compile(r'(?<!\\)"')


def received(target: Mapping[str, Any], event: Mapping[str, Any]) -> Any:
    """The input that `target` receives of `event`; ValueError where that is no JSON, or a path is none."""
    if (text := target.get("Input")) is not None:
        return json.loads(text)
    if (transformer := target.get("InputTransformer")) is not None:
        return json.loads(_transformed(transformer, event))
    return at(event, target.get("InputPath") or "$")


def _transformed(transformer: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """The template filled in: within a string a text as it is, elsewhere any value as JSON."""
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
