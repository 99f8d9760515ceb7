"""Reads the lines of the checklist from features/checklist.toml."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from steps.paths import FEATURES
from steps.suite.visible_text import quoted

FILE = FEATURES / "checklist.toml"
PHASES = ("precondition", "run", "success", "performance", "risk", "monitoring", "post", "schedule")
_WORDS = ("cause", "risk", "remedy")
_TEXTS: tuple[tuple[str, ...], ...] = (("id",), ("phase",), ("ja",), ("en",), *product(_WORDS, ("ja", "en")))
"""The paths of the texts of an entry: ("cause", "ja") is the ja of its cause."""
_MINUTES, _DIAGNOSIS = "by_hand_minutes", "diagnosis"


@dataclass(frozen=True)
class Words:
    """One text in Japanese and English."""

    ja: str
    en: str


@dataclass(frozen=True)
class Item:
    """One line: its stable id, its phase, its text in both languages, and explanations for when it is NO.

    cause: the usual reason for NO. risk: the consequence in production if nobody notices. remedy: how to fix it.
    diagnosis: the usual diagnosis of a NO whose check gives none.
    by_hand_minutes: minimum and maximum minutes that a phase of the schedule takes by hand; None for other lines.
    """

    id: str
    phase: str
    ja: str
    en: str
    cause: Words
    risk: Words
    remedy: Words
    diagnosis: str = "not-diagnosed"
    by_hand_minutes: tuple[int, int] | None = None


class MalformedChecklist(Exception):
    """The checklist is malformed; the message lists every mistake."""

    def __init__(self, file: Path, faults: Sequence[str]) -> None:
        super().__init__(
            f"The checklist {file} is malformed, so that nothing can be judged by it.\n"
            + "".join(f"  evidence: {quoted(fault)}\n" for fault in faults)
            + "  remedy: put each of these right, as the head of features/checklist.toml says"
        )


def read(file: Path = FILE) -> dict[str, Item]:
    """Return every item by its id, in the order of the checklist; raises MalformedChecklist."""
    try:
        told = tomllib.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise MalformedChecklist(file, [str(error)]) from error
    if faults := list(_faults(told)):
        raise MalformedChecklist(file, faults)
    return {entry["id"]: _item(entry) for entry in told["item"]}


def _item(entry: Mapping[str, Any]) -> Item:
    words = {name: Words(**entry[name]) for name in _WORDS}
    minutes = {_MINUTES: tuple(entry[_MINUTES])} if _MINUTES in entry else {}
    return Item(**{**entry, **words, **minutes})


def _faults(told: Mapping[str, Any]) -> Iterator[str]:
    entries = told.get("item")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        entries = []
    if not entries:
        yield "there is no [[item]]"
    if strangers := told.keys() - {"item"}:
        yield f"unknown beside [[item]]: {', '.join(sorted(strangers))}"
    for id, count in Counter(str(entry["id"]) for entry in entries if "id" in entry).items():
        if count > 1:
            yield f"{id} is there {count} times"
    for number, entry in enumerate(entries, 1):
        for fault in _faults_of(entry):
            yield f"{entry.get('id') or f'item {number}'}: {fault}"


def _faults_of(entry: Mapping[str, Any]) -> Iterator[str]:
    found = dict(_leaves(entry))
    for place in _TEXTS:
        text = found.get(place)
        if not (isinstance(text, str) and text.strip()):
            yield f"{'.'.join(place)} is missing, empty or no text"
    for place in sorted(found.keys() - {*_TEXTS, (_MINUTES,), (_DIAGNOSIS,)}):
        yield f"{'.'.join(place)} is unknown"
    phase, minutes = entry.get("phase"), entry.get(_MINUTES)
    if isinstance(phase, str) and phase not in PHASES:
        yield f"phase {phase!r} is none of {', '.join(PHASES)}"
    if (phase == "schedule") != (minutes is not None):
        yield f"{_MINUTES} belongs to every item of the schedule, and to no other"
    elif minutes is not None and not _is_range(minutes):
        yield f"{_MINUTES} is {minutes!r}, not two whole numbers [least, most] above 0"


def _leaves(entry: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in entry.items():
        if isinstance(value, dict) and value:
            yield from (((name, inner), leaf) for inner, leaf in value.items())
        else:
            yield (name,), value


def _is_range(minutes: Any) -> bool:
    if not isinstance(minutes, list) or [type(each) for each in minutes] != [int, int]:
        return False
    least, most = minutes
    return bool(0 < least <= most)
