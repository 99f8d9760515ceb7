"""Reconciles the four stores record by record: the CSV file, Aurora, DynamoDB and the logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, repeat
from operator import attrgetter
from typing import Any

from steps.drivers.activity_file import Record

Counts = tuple[int, int]
"""(logins, posts)"""


@dataclass(frozen=True)
class Chunk:
    """The counts of a chunk in one store."""

    number: int
    applied: int
    rejected: int


@dataclass(frozen=True)
class Stores:
    """The contents of each store for one run, as fetched; none is computed by the pipeline's own code.

    before, after: every statistics row by user. plan: (chunk, records) in order of chunk. rejected: reason by line.
    audited, logged: every completion of a chunk in DynamoDB and in the logs. job: the batch job's counts.
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
    """The outcome of one record; `record` is its line, or None for a row that changed without a record.

    fate: applied, rejected, lost, doubled, altered or unexpected. stores: the evidence of each store. astray: the
    stores among dynamodb and logs whose counts for the record's chunk are wrong.
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


def reconcile(stores: Stores) -> Iterator[Fate]:
    """Yield the fate of every record, in the order of the file, then the rows that changed without a record.

    Only wrong fates are kept in memory, so that a million records take seconds; callers should not keep all either.
    """
    by_user = attrgetter("user_id")
    users = groupby(sorted(stores.records, key=by_user), key=by_user)
    wrong = {user: fate for user, records in users if (fate := _fate(list(records), stores)) != "applied"}
    accounts = _Accounts(stores)
    for record, chunk in zip(stores.records, _chunks_by_record(stores.plan), strict=False):
        yield _told(record, wrong.get(record.user_id, "applied"), chunk, accounts, stores)
    yield from _strangers(stores)


def _strangers(stores: Stores) -> Iterator[Fate]:
    """Yield the users whose rows were changed, added or removed without a record."""
    changed = {
        user
        for user in chain(stores.before, stores.after)
        if _change(user, stores) != (0, 0) or (user in stores.before) != (user in stores.after)
    }
    for user in sorted(changed.difference(record.user_id for record in stores.records)):
        yield Fate(None, user, "unexpected", {"csv": None, "aurora": _change(user, stores)})


def _change(user: str, stores: Stores) -> Counts:
    before, after = stores.before.get(user, (0, 0)), stores.after.get(user, (0, 0))
    return after[0] - before[0], after[1] - before[1]


def _fate(records: list[Record], stores: Stores) -> str:
    """Return the fate that a user's accepted records share, since Aurora holds only their sums."""
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


def _chunks_by_record(plan: Sequence[tuple[int, int]]) -> Iterator[int | None]:
    """Yield the chunk of each record by the plan; None for records beyond the last chunk."""
    return chain(*(repeat(chunk, count) for chunk, count in plan), repeat(None))


class _Accounts:
    """The counts of each chunk in DynamoDB and the logs, and the stores astray; cached for all its records."""

    def __init__(self, stores: Stores) -> None:
        self._planned = dict(stores.plan)
        self._told = {"dynamodb": _by_number(stores.audited), "logs": _by_number(stores.logged)}
        self._known: dict[int | None, tuple[dict[str, str], tuple[str, ...]]] = {}

    def of(self, chunk: int | None) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return the counts of the chunk by store, and the stores astray."""
        if chunk not in self._known:
            found = {name: [] if chunk is None else told.get(chunk, []) for name, told in self._told.items()}
            words = {
                name: [f"{each.applied} applied, {each.rejected} rejected" for each in told]
                for name, told in found.items()
            }
            said = {name: f"chunk {chunk}: {each or 'nothing'}" for name, each in words.items()}
            self._known[chunk] = said, self._astray(chunk, found)
        return self._known[chunk]

    def _astray(self, chunk: int | None, found: Mapping[str, Sequence[Chunk]]) -> tuple[str, ...]:
        """Return the stores without exactly one completion whose counts add up to the plan; both if they differ."""
        planned = None if chunk is None else self._planned[chunk]
        wrong = [name for name, told in found.items() if [each.applied + each.rejected for each in told] != [planned]]
        return tuple(wrong or (found if found["dynamodb"] != found["logs"] else ()))


def _by_number(chunks: Iterable[Chunk]) -> Mapping[int, list[Chunk]]:
    found: dict[int, list[Chunk]] = {}
    for chunk in chunks:
        found.setdefault(chunk.number, []).append(chunk)
    return found


def _told(record: Record, fate: str, chunk: int | None, accounts: _Accounts, stores: Stores) -> Fate:
    said, astray = accounts.of(chunk)
    reason = stores.rejected.get(record.line)
    return Fate(
        record.line,
        record.user_id,
        "rejected" if reason and fate == "applied" else fate,
        {"csv": (record.logins, record.posts), "aurora": reason or _change(record.user_id, stores), **said},
        astray,
    )


def totals_that_differ(stores: Stores, fates: Iterable[Fate]) -> list[str]:
    """Describe where the batch job's counts differ from the records' fates."""
    counted = Counter(fate.fate for fate in fates)
    due = Chunk(0, counted["applied"], counted["rejected"])
    if stores.job is None:
        return ["there is no batch job"]
    pairs = (("applied", stores.job.applied, due.applied), ("rejected", stores.job.rejected, due.rejected))
    return [f"the batch job counts {got} {name}, the records {want}" for name, got, want in pairs if got != want]
