"""Waivers: each accepts the NO of a line for a limited time, with person and reason (docs/verdict.md)."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from steps.paths import ROOT
from steps.suite.visible_text import quoted
from steps.verdict.verdict import FAILED, PASSED

FILE = ROOT / "waivers.toml"
_TEXTS = ("item", "reason", "who")
_FIELDS = (*_TEXTS, "expires")


@dataclass(frozen=True)
class Waiver:
    """The acceptance that a line is NO: reason, person and expiry. expires: the last valid day, in UTC."""

    reason: str
    who: str
    expires: str


class InvalidWaivers(Exception):
    """The waivers are invalid; the message lists every mistake."""

    def __init__(self, file: Path, faults: Sequence[str]) -> None:
        super().__init__(
            f"The waivers in {file} cannot be honoured, so that nothing is judged.\n"
            + "".join(f"  evidence: {quoted(fault)}\n" for fault in faults)
            + "  remedy: mend or remove each of these; a waiver is [[waiver]] with item, reason, who, expires (a date)"
        )


def read(file: Path, known: Iterable[str], today: date) -> dict[str, Waiver]:
    """Return the waivers by checklist line; `known` are the checklist's ids. Raises InvalidWaivers."""
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
    """Return the entries of the verdict, with `waived` set where a waiver excuses the line.

    A waiver excuses a failed line, and only if all its scenarios passed or failed: a broken or unchecked scenario may
    hide more than was accepted.
    """
    return {
        id: item | {"waived": asdict(waivers[id])} if id in waivers and _excusable(item) else item
        for id, item in items.items()
    }


def unused(items: Mapping[str, Any], waivers: Mapping[str, Waiver]) -> list[str]:
    """Return a note for each waiver that excuses nothing, so that it is not mistaken for a needed one."""
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
