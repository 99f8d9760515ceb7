"""Waivers: each accepts the NO of a line for a limited time, with person and reason (docs/verdict.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from steps.paths import FOLDER
from steps.verdict.model import Day, LineResult, Waiver
from steps.verdict.toml_tables import MalformedFile, read_tables
from steps.verdict.verdict import FAILED, PASSED
from steps.verdict.words import Filled

FILE = FOLDER / "waivers.toml"


class Entry(Waiver):
    """A [[waiver]] of the file; it is validated against `known`, the ids of lines and requirements, and `today`."""

    item: Filled
    expires: Day = Field(default=date.min, validate_default=True)

    @field_validator("item")
    @classmethod
    def _is_a_line(cls, item: str, info: ValidationInfo[Any]) -> str:
        if item not in info.context["known"]:
            raise ValueError("the checklist has no such line, and no requirement beyond it has this id")
        return item

    @field_validator("expires", mode="before")
    @classmethod
    def _is_not_over(cls, expires: Any, info: ValidationInfo[Any]) -> date:
        today = info.context["today"]
        if type(expires) is not date or expires == date.min:  # a datetime is no date
            raise ValueError("expires is missing or no date, such as 2026-12-31 without quotes")
        if expires < today:
            raise ValueError(f"it expired on {expires}, and today is {today} (UTC)")
        return expires


class InvalidWaivers(MalformedFile):
    """The waivers are invalid; the message lists every mistake."""

    cause = "The waivers in {file} cannot be honoured, so that nothing is judged."
    remedy = "mend or remove each of these; a waiver is [[waiver]] with item, reason, who, expires (a date)"


def read(file: Path, known: Iterable[str], today: date) -> dict[str, Waiver]:
    """Return the waivers by line; `known` are the ids of lines and requirements. Raises InvalidWaivers."""
    context = {"known": set(known), "today": today}
    entries = read_tables(file, Entry, "waiver", "item", InvalidWaivers, repeated="is waived", context=context)
    return {entry.item: Waiver(**entry.model_dump(exclude={"item"})) for entry in entries}


def apply(items: Mapping[str, LineResult], waivers: Mapping[str, Waiver]) -> dict[str, LineResult]:
    """Return the results, with `waived` set where a waiver excuses the line.

    A waiver excuses a failed line, and only if all its scenarios passed or failed: a broken or unchecked scenario may
    hide more than was accepted.
    """
    return {
        id: item.model_copy(update={"waived": waivers[id]}) if id in waivers and _is_excusable(item) else item
        for id, item in items.items()
    }


def note_unused(items: Mapping[str, LineResult], waivers: Mapping[str, Waiver]) -> list[str]:
    """Return a note for each waiver that excuses nothing of these items, so that none is mistaken for a needed one."""
    return [
        f"the waiver of {id} excuses nothing: {item.status}"
        for id in waivers
        if (item := items.get(id)) is not None and not item.waived
    ]


def _is_excusable(item: LineResult) -> bool:
    return item.status == FAILED and {scenario.status for scenario in item.scenarios} <= {FAILED, PASSED}
