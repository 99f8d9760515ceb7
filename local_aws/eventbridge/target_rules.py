"""Validates the targets of PutTargets as EventBridge does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from local_aws.eventbridge.inputs import PLACEHOLDER

_INPUTS = ("Input", "InputPath", "InputTransformer")
_MOST, _LONGEST_ID = 5, 64
_ID = r"[\.\-_A-Za-z0-9]+"
_WITH_ROLE = ("states",)
"""Services whose targets need a role."""


def fault_of_targets(targets: Sequence[Mapping[str, Any]], ids: Callable[[], Set[str]]) -> tuple[str, str] | None:
    """Returns code and message of the refusal of `targets`, None for none; `ids` gives those that the rule has."""
    for number, target in enumerate(targets, start=1):
        if fault := _fault_of_id(target["Id"], number) or _fault_of_input(target) or _fault_of_role(target):
            return "ValidationException", fault
    if len(ids() | {target["Id"] for target in targets}) > _MOST:
        return "LimitExceededException", "The requested resource exceeds the maximum number allowed."
    return None


def _fault_of_id(identifier: str, number: int) -> str:
    constraint = ""
    if not re.fullmatch(_ID, identifier):
        constraint = f"satisfy regular expression pattern: {_ID}"
    elif len(identifier) > _LONGEST_ID:
        constraint = f"have length less than or equal to {_LONGEST_ID}"
    where = f"1 validation error detected: Value '{identifier}' at 'targets.{number}.member.id'"
    return f"{where} failed to satisfy constraint: Member must {constraint}" if constraint else ""


def _fault_of_input(target: Mapping[str, Any]) -> str:
    if sum(name in target for name in _INPUTS) > 1:
        return f"Only one of Input, InputPath, or InputTransformer must be provided for target {target['Id']}."
    transformer = target.get("InputTransformer", {})
    known = transformer.get("InputPathsMap", {})
    for name in PLACEHOLDER.findall(transformer.get("InputTemplate", "")):
        if name not in known and not name.startswith("aws.events."):
            return f"InputTemplate for target {target['Id']} contains invalid placeholder {name}."
    return ""


def _fault_of_role(target: Mapping[str, Any]) -> str:
    lacks_role = target["Arn"].split(":")[2] in _WITH_ROLE and not target.get("RoleArn")
    return f"RoleArn is required for target {target['Arn']}." if lacks_role else ""
