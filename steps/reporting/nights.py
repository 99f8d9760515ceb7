"""history.jsonl: one line per complete session, so that a nightly run can be compared with earlier ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from steps.verdict.model import Conclusion, Verdict

FILE = "history.jsonl"
BUNDLED = "system_under_test"
"""The folder of the bundled pipeline, of which entries without a pipeline are."""


class Entry(BaseModel):
    """One complete session; docs/nightly.md describes the fields. Unknown fields are accepted and kept."""

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
    pipeline: str = BUNDLED
    altered_by: tuple[str, ...] = ()
    not_passed: dict[str, str] = {}
    waived: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    slow: dict[str, float] = {}
    beyond: int = 0

    @property
    def when(self) -> str:
        """The start of the session, to the minute, in UTC."""
        return f"{self.date[:10]} {self.date[11:16]}"

    @property
    def series(self) -> str:
        """The target, and the pipeline if it is not the bundled one: only sessions of one series are compared."""
        return self.target if self.pipeline == BUNDLED else f"{self.target}, {self.pipeline}"

    @property
    def mark(self) -> str:
        """The verdict; UNKNOWN for a word that no suite of today gives."""
        return self.verdict if self.verdict in get_args(Conclusion) else "UNKNOWN"

    @property
    def scope(self) -> int:
        """The number of lines in scope."""
        return self.passed + self.failed + self.broken + self.unchecked


def read(file: Path) -> tuple[list[Entry], list[str]]:
    """Return the sessions in `file`, oldest first, and a message for each unreadable line; no file, no sessions."""
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
    return merge(entries), faults


def append(file: Path, entry: Entry) -> None:
    """Append the entry, on a new line even if the last line was cut off without a line break."""
    held = file.read_bytes() if file.exists() else b""
    lead = "\n" if held and not held.endswith(b"\n") else ""
    with file.open("a", encoding="utf-8") as lines:
        lines.write(f"{lead}{entry.model_dump_json()}\n")


def merge(entries: Iterable[Entry]) -> list[Entry]:
    """The sessions without duplicates (same date and target), oldest first."""
    once = {(entry.date, entry.target): entry for entry in entries}
    return [once[key] for key in sorted(once)]


SLOW = 2
"""A run that takes more than this many times the median is flagged as slow."""
_NIGHTS = 10
_FEWEST = 3  # a median of fewer sessions is meaningless
_ON_PURPOSE = ("--after-deploy", "--after-run")
_TIMED = ("session_seconds", "execution_seconds")


def make_entry(verdict: Verdict, past: Sequence[Entry]) -> Entry:
    """Build the history entry of a verdict."""
    lines = dict(sorted(verdict.judged.items()))
    statuses = Counter(line.status for line in verdict.lines_in_scope.values())
    measured, suite, system = verdict.measured, verdict.suite, verdict.system_under_test
    plain = Entry(
        date=verdict.started,
        target=str(verdict.target),
        verdict=verdict.verdict,
        exit=verdict.exit,
        passed=statuses["passed"],
        failed=statuses["failed"],
        broken=statuses["broken"],
        unchecked=statuses["not-checked"],
        session_seconds=measured.session_seconds,
        execution_seconds=measured.seconds,
        records_per_second=measured.records_per_second,
        peak_chunks=measured.peak_chunks,
        # No commit identifies a working tree with uncommitted changes.
        commit=None if suite.dirty else suite.commit,
        system_under_test=system.sha256 if system else None,
        pipeline=system.dir if system else BUNDLED,
        altered_by=tuple(each for each in verdict.altered_by if each in _ON_PURPOSE),
        not_passed={id: line.status for id, line in lines.items() if line.status != "passed"},
        waived=tuple(id for id, line in lines.items() if line.waived),
        flaky=tuple(id for id, line in lines.items() if any(each.flaky for each in line.scenarios)),
        beyond=len(verdict.beyond or ()),
    )
    flaky = sorted({*plain.flaky, *find_flaky(plain, past)})
    return plain.model_copy(update={"flaky": tuple(flaky), "slow": find_slow(plain, past)})


def find_flaky(now: Entry, past: Sequence[Entry]) -> list[str]:
    """The lines that failed in the last session of the same code (NO-GO) and pass in this one (GO)."""
    before = _before(now, past)
    if now.verdict != "GO" or before is None or before.verdict != "NO-GO":
        return []
    return [id for id, status in before.not_passed.items() if status == "failed" and id not in now.not_passed]


def _before(now: Entry, past: Sequence[Entry]) -> Entry | None:
    """The last session with a verdict on the same commit, pipeline and target; neither session altered on purpose."""
    if now.commit is None or now.altered_by:
        return None
    same = (now.target, now.commit, now.system_under_test)
    for each in reversed(past):
        told = each.verdict != "UNKNOWN" and not each.altered_by
        if told and (each.target, each.commit, each.system_under_test) == same:
            return each
    return None


def find_slow(now: Entry, past: Sequence[Entry]) -> dict[str, float]:
    """The timings over twice the median of the last ten sessions of the same series: {name: median in seconds}.

    A session that judges requirements beyond the checklist takes many times as long as one that does not, so that
    only sessions of one kind are compared.
    """
    if now.altered_by:
        return {}
    kind = (now.series, bool(now.beyond))
    like = [each for each in past if (each.series, bool(each.beyond)) == kind]
    like = [each for each in like if not each.altered_by and each.execution_seconds]
    found = {}
    for name in _TIMED:
        taken, usual = getattr(now, name), [getattr(each, name) for each in like[-_NIGHTS:]]
        if taken and len(usual) >= _FEWEST and taken > SLOW * median(usual):
            found[name] = round(median(usual), 3)
    return found


def make_notes(now: Entry, past: Sequence[Entry]) -> list[str]:
    """Notes for the verdict that compare this session with earlier ones: slow timings and flaky lines."""
    told = [
        f"slow: the {name.removesuffix('_seconds')} took {getattr(now, name):.1f} s, more than twice the usual "
        f"{usual:.1f} s, the median of up to {_NIGHTS} sessions before it on {now.target}"
        for name, usual in now.slow.items()
    ]
    again, before = find_flaky(now, past), _before(now, past)
    if again and before:
        told.append(
            f"flaky: {', '.join(again)} failed in the session of {before.date} on the same commit, and passed now"
        )
    return told
