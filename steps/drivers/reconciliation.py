"""Reconciles the four stores record by record: what the CSV asked for, and what Aurora, DynamoDB and the logs say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steps.drivers.activity_file import Record

Counts = tuple[int, int]
"""(logins, posts)"""


@dataclass(frozen=True)
class Chunk:
    """A chunk as one store accounts for it."""

    number: int
    applied: int
    rejected: int


@dataclass(frozen=True)
class Stores:
    """What each store holds of one run, as fetched; nothing of it is computed by the pipeline's own code.

    before, after: every statistics row by user. plan: (chunk, records) in order of chunk. rejected: reason by line.
    audited, logged: every completion of a chunk that DynamoDB and the logs hold. job: the batch job's counts.
    """

    records: Sequence[Record]
    before: Mapping[str, Counts]
    after: Mapping[str, Counts]
    plan: Sequence[tuple[int, int]]
    rejected: Mapping[int, str]
    audited: Sequence[Chunk]
    logged: Sequence[Chunk]
    job: Chunk | None


@dataclass(frozen=True)
class Fate:
    """What became of one record; `record` is its line, or None for a row that no record asked for.

    fate: applied, rejected, lost, doubled, altered or unexpected. stores: what each store says of it; astray: which of
    dynamodb and logs tell another story than Aurora.
    """

    record: int | None
    user: str
    fate: str
    stores: dict[str, Any]
    astray: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        return not self.astray and self.fate in ("applied", "rejected")

    def __str__(self) -> str:
        told = ", ".join(f"{store} {said}" for store, said in self.stores.items())
        where = f"line {self.record}" if self.record else "no record"
        return f"{where}, {self.user}: {self.fate}{', but the stores disagree' if self.astray else ''} ({told})"


def reconcile(stores: Stores) -> list[Fate]:
    """The fate of every record, in the order of the file, then the rows that changed without a record."""
    wanted: dict[str, list[Record]] = {}
    for record in stores.records:
        wanted.setdefault(record.user_id, []).append(record)
    fates = {user: _fate(records, stores) for user, records in wanted.items()}
    chunk_of = _chunks_by_record(stores.plan, len(stores.records))
    told = [
        _told(record, fates[record.user_id], chunk, stores)
        for record, chunk in zip(stores.records, chunk_of, strict=True)
    ]
    changed = {user for user in stores.before.keys() | stores.after.keys() if _change(user, stores) != (0, 0)}
    changed |= stores.before.keys() ^ stores.after.keys()
    strangers = [
        Fate(None, user, "unexpected", {"csv": None, "aurora": _change(user, stores)})
        for user in sorted(changed - wanted.keys())
    ]
    return told + strangers


def _change(user: str, stores: Stores) -> Counts:
    before, after = stores.before.get(user, (0, 0)), stores.after.get(user, (0, 0))
    return after[0] - before[0], after[1] - before[1]


def _fate(records: list[Record], stores: Stores) -> str:
    """The fate of a user's records that were not rejected: Aurora holds sums, so they share it."""
    kept = [record for record in records if record.line not in stores.rejected]
    due = sum(record.logins for record in kept), sum(record.posts for record in kept)
    change = _change(records[0].user_id, stores)
    if kept and records[0].user_id not in stores.after:
        return "lost"
    if change == due:
        return "applied"
    if change == (0, 0):
        return "lost"
    times = {got // want for got, want in zip(change, due, strict=True) if want}
    if len(times) == 1 and change == (due[0] * (n := times.pop()), due[1] * n) and n > 1:
        return "doubled"
    return "altered"


def _chunks_by_record(plan: Sequence[tuple[int, int]], records: int) -> list[int | None]:
    """The chunk of each record by the plan; None for records that no chunk holds."""
    chunks: list[int | None] = [chunk for chunk, count in plan for _ in range(count)]
    return (chunks + [None] * records)[:records]


def _told(record: Record, fate: str, chunk: int | None, stores: Stores) -> Fate:
    rejected = record.line in stores.rejected
    audited, logged = (_accounts(chunk, found) for found in (stores.audited, stores.logged))
    return Fate(
        record.line,
        record.user_id,
        "rejected" if rejected and fate == "applied" else fate,
        {
            "csv": (record.logins, record.posts),
            "aurora": stores.rejected.get(record.line) or _change(record.user_id, stores),
            "dynamodb": f"chunk {chunk}: {audited or 'nothing'}",
            "logs": f"chunk {chunk}: {logged or 'nothing'}",
        },
        astray=_astray(chunk, stores),
    )


def _accounts(chunk: int | None, found: Iterable[Chunk]) -> list[str]:
    return [f"{each.applied} applied, {each.rejected} rejected" for each in found if each.number == chunk]


def _astray(chunk: int | None, stores: Stores) -> tuple[str, ...]:
    """The stores that do not account for the chunk exactly once, with counts that add up to what the plan gave it."""
    planned = dict(stores.plan).get(chunk) if chunk is not None else None
    told = {
        name: [each for each in found if each.number == chunk]
        for name, found in (("dynamodb", stores.audited), ("logs", stores.logged))
    }
    wrong = [name for name, found in told.items() if [each.applied + each.rejected for each in found] != [planned]]
    return tuple(wrong or (told if told["dynamodb"] != told["logs"] else ()))


def totals_that_differ(stores: Stores, fates: Sequence[Fate]) -> list[str]:
    """Where the batch job's counts are not those of the records' fates."""
    counted = Counter(fate.fate for fate in fates)
    due = Chunk(0, counted["applied"], counted["rejected"])
    if stores.job is None:
        return ["there is no batch job"]
    pairs = (("applied", stores.job.applied, due.applied), ("rejected", stores.job.rejected, due.rejected))
    return [f"the batch job counts {got} {name}, the records {want}" for name, got, want in pairs if got != want]
