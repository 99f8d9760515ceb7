"""Reconciles the four stores record by record: the CSV file, Aurora, DynamoDB and the logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, groupby, repeat
from operator import attrgetter
from typing import Any, NamedTuple

from steps.drivers.activity_file import ZERO, Counts, Record
from steps.verdict.messages import phrase
from steps.verdict.words import Words


class Chunk(NamedTuple):
    """The counts of a chunk in one store."""

    number: int
    applied: int
    rejected: int


class Rejection(NamedTuple):
    """A rejected record: its line, its user and the reason."""

    line: int
    user: str
    reason: str


class Job(NamedTuple):
    """A batch job: its status and its counts."""

    status: str | None
    applied: int
    rejected: int


@dataclass(frozen=True)
class Stores:
    """The contents of each store for one delivery, as fetched; none is computed by the pipeline's own code.

    before, after: every statistics row by user. plan: (chunk, records) in order of chunk. audited, logged: every
    completion of a chunk in DynamoDB and in the logs. jobs: the batch jobs of the execution, one in a correct run.
    """

    records: Sequence[Record]
    before: Mapping[str, Counts]
    after: Mapping[str, Counts]
    plan: Sequence[tuple[int, int]]
    rejected: Sequence[Rejection]
    audited: Sequence[Chunk]
    jobs: Sequence[Job]
    logged: Sequence[Chunk] = ()

    @cached_property
    def reasons(self) -> dict[int, str]:
        """The reason of each rejected record, by line."""
        return {line: reason for line, _, reason in self.rejected}

    @property
    def planned(self) -> int:
        """The number of records in the plan."""
        return sum(count for _, count in self.plan)

    @property
    def accepted(self) -> Iterator[Record]:
        """The records that are not rejected."""
        return (record for record in self.records if record.line not in self.reasons)


class Fate(NamedTuple):
    """The outcome of one record; `record` is its line, or None for a row that changed without a record.

    fate: applied, rejected, lost, doubled, altered or unexpected. stores: the evidence of each store. disagreeing:
    the stores among dynamodb and logs whose counts for the record's chunk are wrong.
    """

    record: int | None
    user: str
    fate: str
    stores: dict[str, Any]
    disagreeing: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        return not self.disagreeing and self.fate in ("applied", "rejected")

    def __str__(self) -> str:
        told = ", ".join(f"{store} {said}" for store, said in self.stores.items())
        where = f"line {self.record}" if self.record else "no record"
        return f"{where}, {self.user}: {self.fate}{', but the stores disagree' if self.disagreeing else ''} ({told})"


def reconcile(stores: Stores) -> Iterator[Fate]:
    """Yield the fate of every record, in the order of the file, then the rows that changed without a record.

    Only wrong fates are kept in memory, so that a million records take seconds; callers should not keep all either.
    """
    by_user = attrgetter("user_id")
    users = groupby(sorted(stores.records, key=by_user), key=by_user)
    wrong = {
        user: fate for user, records in users if (fate := _determine_user_fate(list(records), stores)) != "applied"
    }
    accounts = _ChunkAccounts(stores)
    for record, chunk in zip(stores.records, _chunks_by_record(stores.plan), strict=False):
        yield _determine_fate(record, wrong.get(record.user_id, "applied"), chunk, accounts, stores)
    yield from _unexpected_changes(stores)


def _unexpected_changes(stores: Stores) -> Iterator[Fate]:
    """Yield a fate for each user whose row was changed, added or removed without a record."""
    changed = {user for user in chain(stores.before, stores.after) if stores.before.get(user) != stores.after.get(user)}
    for user in sorted(changed.difference(record.user_id for record in stores.records)):
        yield Fate(None, user, "unexpected", {"csv": None, "aurora": _compute_change(user, stores)})


def _compute_change(user: str, stores: Stores) -> Counts:
    before, after = stores.before.get(user), stores.after.get(user, ZERO)
    return after if before is None else after - before


def _determine_user_fate(records: list[Record], stores: Stores) -> str:
    """Return the fate that a user's accepted records share, since Aurora holds only their sums."""
    user = records[0].user_id
    accepted = [record.counts for record in records if record.line not in stores.reasons]
    due = accepted[0] if len(accepted) == 1 else sum(accepted, ZERO)
    if accepted and user not in stores.after:
        return "lost"
    change = _compute_change(user, stores)
    if change == due:
        return "applied"
    if change == ZERO:
        return "lost"
    times = {got // want for got, want in zip(change, due, strict=True) if want}
    if len(times) == 1 and change == (due[0] * (n := times.pop()), due[1] * n) and n > 1:
        return "doubled"
    return "altered"


def _chunks_by_record(plan: Sequence[tuple[int, int]]) -> Iterator[int | None]:
    """Yield the chunk of each record by the plan; None for records beyond the last chunk."""
    return chain(*(repeat(chunk, count) for chunk, count in plan), repeat(None))


class _ChunkAccounts:
    """The counts of each chunk in DynamoDB and the logs, and the stores that disagree; cached for all its records."""

    def __init__(self, stores: Stores) -> None:
        self._planned = dict(stores.plan)
        self._by_store = {"dynamodb": _group_by_number(stores.audited), "logs": _group_by_number(stores.logged)}
        self._known: dict[int | None, tuple[dict[str, str], tuple[str, ...]]] = {}

    def of(self, chunk: int | None) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return the counts of the chunk by store, in words, and the stores that disagree."""
        if chunk not in self._known:
            found = {name: [] if chunk is None else held.get(chunk, []) for name, held in self._by_store.items()}
            words = {
                name: [f"{each.applied} applied, {each.rejected} rejected" for each in held]
                for name, held in found.items()
            }
            texts = {name: f"chunk {chunk}: {'; '.join(each) or 'nothing'}" for name, each in words.items()}
            self._known[chunk] = texts, self._disagreeing(chunk, found)
        return self._known[chunk]

    def _disagreeing(self, chunk: int | None, found: Mapping[str, Sequence[Chunk]]) -> tuple[str, ...]:
        """Return the stores without exactly one completion whose counts add up to the plan; both if they differ."""
        planned = None if chunk is None else self._planned[chunk]
        wrong = [name for name, held in found.items() if [each.applied + each.rejected for each in held] != [planned]]
        return tuple(wrong or (found if found["dynamodb"] != found["logs"] else ()))


def _group_by_number(chunks: Iterable[Chunk]) -> Mapping[int, list[Chunk]]:
    found: dict[int, list[Chunk]] = {}
    for chunk in chunks:
        found.setdefault(chunk.number, []).append(chunk)
    return found


def _determine_fate(
    record: Record, user_fate: str, chunk: int | None, accounts: _ChunkAccounts, stores: Stores
) -> Fate:
    texts, disagreeing = accounts.of(chunk)
    reason = stores.reasons.get(record.line)
    return Fate(
        record.line,
        record.user_id,
        "rejected" if reason and user_fate == "applied" else user_fate,
        {"csv": record.counts, "aurora": reason or _compute_change(record.user_id, stores), **texts},
        disagreeing,
    )


def compare_totals(stores: Stores, fates: Iterable[Fate]) -> list[Words]:
    """Describe where the batch job's counts differ from the records' fates."""
    if not stores.jobs:
        return [phrase("no-batch-job")]
    counted, job = Counter(fate.fate for fate in fates), stores.jobs[0]
    pairs = (("applied", job.applied), ("rejected", job.rejected))
    return [
        phrase("job-counts", job=got, records=counted[name], fate=phrase(name))
        for name, got in pairs
        if got != counted[name]
    ]
