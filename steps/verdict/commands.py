"""Fills the values of a session into the commands of causes and remedies, so that they can be pasted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from steps.verdict.checklist import Item
from steps.verdict.words import Words

_PLACEHOLDER = re.compile(r"\{([A-Za-z_-]+)\}")
_IN_EVIDENCE = (
    re.compile(r"(?P<role>\S+) may not (?P<action>\S+) on (?P<resource_arn>\S+) \("),
    re.compile(r"assumed-role/(?P<role>[^/]+)/\S+ is not authorized to perform: (?P<action>\S+)"),
    re.compile(r"is not authorized to perform: \S+ on resource: (?P<resource_arn>\S+)"),
    re.compile(r"(?P<role>\S+) may not be assumed by"),
    re.compile(r"\buses (?P<role_arn>arn:\S+:role/(?P<role>[^\s,]+)), not"),
    re.compile(r"(?P<closed_sg>sg-\w+)[^;]* let nobody of (?P<lambda_sg>sg-\w+)[^;]* in to port (?P<port>\d+)"),
    re.compile(r"(?P<function>\S+) has (no VpcConfig|ReservedConcurrentExecutions)"),
    re.compile(r"\(function (?P<function>[\w-]+)\)"),
    re.compile(r"(?P<subnet>subnet-\w+)"),
    re.compile(r"(?P<vpc>vpc-\w+)"),
    re.compile(r"(?P<sg>sg-\w+)"),
)
"""Where evidence names what a command is about; the first that matches counts."""


def list_values(run: Mapping[str, Any], account: str | None, evidence: Iterable[str] = ()) -> dict[str, str]:
    """Return the values at hand by placeholder, such as version-id: those of the run, and those in the evidence."""
    text, arn, key = "\n".join(evidence), run.get("execution_arn"), run.get("key")
    found: dict[str, str | None] = {}
    for pattern in reversed(_IN_EVIDENCE):
        if match := pattern.search(text):
            found |= match.groupdict()
    found |= {"account": account, "execution_arn": arn, "bucket": run.get("bucket"), "key": key}
    found |= {"version_id": run.get("version_id"), "file": key.rpartition("/")[2] if key else None}
    if arn:
        found["state_machine_arn"] = arn.rpartition(":")[0].replace(":execution:", ":stateMachine:")
    if account and found.get("role"):
        found.setdefault("role_arn", f"arn:aws:iam::{account}:role/{found['role']}")
    return {name.replace("_", "-"): value for name, value in found.items() if value}


def fill_in(words: Words, values: Mapping[str, str]) -> Words:
    """Return the text with the values in its commands; one that is not at hand is written in capitals, as a gap."""

    def value(found: re.Match[str]) -> str:
        return values.get(found[1], found[1].upper().replace("-", "_"))

    return Words(_PLACEHOLDER.sub(value, words.ja), _PLACEHOLDER.sub(value, words.en))


def fill_in_item(item: Item, values: Mapping[str, str]) -> Item:
    """Return the line of the checklist with the values in its explanations."""
    cause, risk, remedy = (fill_in(each, values) for each in (item.cause, item.risk, item.remedy))
    return replace(item, cause=cause, risk=risk, remedy=remedy)
