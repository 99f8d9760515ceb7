"""history.jsonl: a line for each whole session, so that a night can be held against those before it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

FILE = "history.jsonl"


class Entry(BaseModel):
    """One whole session; docs/nightly.md says what each field is. Fields that it does not know are left alone."""

    model_config = ConfigDict(frozen=True, extra="allow")

    date: str
    target: str
    verdict: str
    exit: int
    passed: int
    failed: int
    broken: int
    unchecked: int
    session_seconds: float
    execution_seconds: float | None = None
    records_per_second: float | None = None
    peak_chunks: int | None = None
    commit: str | None = None
    system_under_test: str | None = None
    altered_by: tuple[str, ...] = ()
    not_passed: dict[str, str] = {}
    waived: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    slow: dict[str, float] = {}


def read(file: Path) -> tuple[list[Entry], list[str]]:
    """The sessions in `file`, oldest first, and what of it cannot be read; a file that is not there holds none."""
    if not file.exists():
        return [], []
    entries, faults = [], []
    for number, line in enumerate(file.read_text("utf-8", errors="replace").split("\n"), 1):
        if not line.strip():
            continue
        try:
            entries.append(Entry.model_validate_json(line))
        except ValidationError as invalid:
            fault = invalid.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, fault["loc"]))
            faults.append(f"line {number} of {file.name} was left out: {place or 'the line'}: {fault['msg']}")
    return merged(entries), faults


def append(file: Path, entry: Entry) -> None:
    """Adds its line, on a line of its own also where the one before was cut short."""
    held = file.read_bytes() if file.exists() else b""
    lead = "\n" if held and not held.endswith(b"\n") else ""
    with file.open("a", encoding="utf-8") as lines:
        lines.write(f"{lead}{entry.model_dump_json()}\n")


def merged(entries: Iterable[Entry]) -> list[Entry]:
    """Each session once, oldest first, wherever it was kept."""
    once = {(entry.date, entry.target): entry for entry in entries}
    return [once[key] for key in sorted(once)]
