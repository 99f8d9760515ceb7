"""Waivers: lines whose NO is accepted for a time, by whom and why (docs/verdict.md)."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from steps.suite.visible_text import quoted
from steps.verdict.verdict import FAILED, PASSED

FILE = Path(__file__).resolve().parents[2] / "waivers.toml"
_TEXTS = ("item", "reason", "who")
_FIELDS = (*_TEXTS, "expires")


@dataclass(frozen=True)
class Waiver:
    """Who accepts that a line is NO, and why. expires: the last day, in UTC, on which it holds."""

    reason: str
    who: str
    expires: str


class InvalidWaivers(Exception):
    """The waivers cannot be honoured; says every fault at once."""

    def __init__(self, file: Path, faults: Sequence[str]) -> None:
        super().__init__(
            f"The waivers in {file} cannot be honoured, so that nothing is judged.\n"
            + "".join(f"  evidence: {quoted(fault)}\n" for fault in faults)
            + "  remedy: mend or remove each of these; a waiver is [[waiver]] with item, reason, who, expires (a date)"
        )


def read(file: Path, known: Iterable[str], today: date) -> dict[str, Waiver]:
    """The waivers by the line that each is for; `known` are the checklist's ids; raises InvalidWaivers."""
    try:
        told = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidWaivers(file, [str(error)]) from error
    if faults := list(_faults(told, set(known), today)):
        raise InvalidWaivers(file, faults)
    return {
        entry["item"]: Waiver(entry["reason"], entry["who"], entry["expires"].isoformat())
        for entry in told.get("waiver", [])
    }


def applied(items: Mapping[str, Any], waivers: Mapping[str, Waiver]) -> dict[str, Any]:
    """The entries of the verdict, those filled in as `waived` that a waiver excuses.

    It excuses a line that failed, and only where all that was to be said of it was said: what is broken or was not
    checked may hide more than was accepted.
    """
    return {
        id: item | {"waived": asdict(waivers[id])} if id in waivers and _excusable(item) else item
        for id, item in items.items()
    }


def unused(items: Mapping[str, Any], waivers: Mapping[str, Waiver]) -> list[str]:
    """A note for each waiver that excuses nothing, so that nobody takes it for needed."""
    return [f"the waiver of {id} excuses nothing: {items[id]['status']}" for id in waivers if not items[id]["waived"]]


def _excusable(item: Mapping[str, Any]) -> bool:
    told = {scenario["status"] for scenario in item["scenarios"]}
    return item["status"] == FAILED and told <= {FAILED, PASSED}


def _faults(told: Mapping[str, Any], known: set[str], today: date) -> Iterator[str]:
    if strangers := told.keys() - {"waiver"}:
        yield f"unknown beside [[waiver]]: {', '.join(sorted(strangers))}"
    entries = told.get("waiver", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        yield "waiver is no [[waiver]]"
        return
    for id, count in Counter(str(entry["item"]) for entry in entries if "item" in entry).items():
        if count > 1:
            yield f"{id} is waived {count} times"
    for number, entry in enumerate(entries, 1):
        for fault in _faults_of(entry, known, today):
            yield f"{entry.get('item') or f'waiver {number}'}: {fault}"


def _faults_of(entry: Mapping[str, Any], known: set[str], today: date) -> Iterator[str]:
    for name in _TEXTS:
        text = entry.get(name)
        if not (isinstance(text, str) and text.strip()):
            yield f"{name} is missing, empty or no text"
        elif name == "item" and text not in known:
            yield "the checklist has no such line"
    expires = entry.get("expires")
    if not isinstance(expires, date) or isinstance(expires, datetime):
        yield "expires is missing or no date, such as 2026-12-31 without quotes"
    elif expires < today:
        yield f"it expired on {expires}, and today is {today} (UTC)"
    for name in sorted(entry.keys() - set(_FIELDS)):
        yield f"{name} is unknown"
