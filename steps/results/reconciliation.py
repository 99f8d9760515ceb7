"""Reconciles the four stores record by record: the CSV file, Aurora, DynamoDB and the logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat, starmap
from typing import Any, NamedTuple

from steps.drivers.activity_file import ZERO, Counts, Record, sum_by_user
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
        reasons = self.reasons
        return (record for record in self.records if record.line not in reasons) if reasons else iter(self.records)

    @property
    def refused(self) -> Iterator[Record]:
        """The records that are rejected."""
        reasons = self.reasons
        return (record for record in self.records if record.line in reasons) if reasons else iter(())


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
        told = ", ".join(f"{_tell_store(store, said)} {said}" for store, said in self.stores.items())
        where = f"line {self.record}" if self.record else "no record"
        return f"{where}, {self.user}: {self.fate}{', but the stores disagree' if self.disagreeing else ''} ({told})"


def _tell_store(name: str, said: Any) -> str:
    """Name a store, and of Aurora the table that holds this: the reason of a rejection, or the change of the counts."""
    return (
        name if name != "aurora" else f"aurora's {'rejected_records' if isinstance(said, str) else 'user_statistics'}"
    )


class Fates:
    """The fate of every record, in the order of the file, then of each row that changed without a record.

    wrong: those that are not clean. counts: the number of records and rows by fate. The clean ones, which most of a
    million are, take no memory: each is made when it is read.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores, self._accounts = stores, _account_for_chunks(stores)
        self._wrong_users, self._unexpected = _compare_statistics(stores)
        wrong_users, reasons = self._wrong_users, stores.reasons
        wrong_chunks = {chunk for chunk, (_, disagreeing) in self._accounts.items() if disagreeing}
        self.wrong, rejected = list[Fate](), 0
        for record, chunk in self._records_and_chunks():
            if record.user_id in wrong_users or chunk in wrong_chunks:
                self.wrong.append(self._determine_fate(record, chunk))
            elif record.line in reasons:
                rejected += 1
        applied = len(stores.records) - len(self.wrong) - rejected
        self.wrong += self._unexpected
        self.counts = Counter(each.fate for each in self.wrong) + Counter(applied=applied, rejected=rejected)

    def __iter__(self) -> Iterator[Fate]:
        yield from starmap(self._determine_fate, self._records_and_chunks())
        yield from self._unexpected

    def _records_and_chunks(self) -> Iterator[tuple[Record, int | None]]:
        """Yield each record and its chunk by the plan; None beyond the last chunk."""
        chunks = chain(*(repeat(chunk, count) for chunk, count in self._stores.plan), repeat(None))
        return zip(self._stores.records, chunks, strict=False)

    def _determine_fate(self, record: Record, chunk: int | None) -> Fate:
        texts, disagreeing = self._accounts[chunk]
        reason, fate = self._stores.reasons.get(record.line), self._wrong_users.get(record.user_id, "applied")
        return Fate(
            record.line,
            record.user_id,
            "rejected" if reason and fate == "applied" else fate,
            {"csv": record.counts, "aurora": reason or _compute_change(record.user_id, self._stores), **texts},
            disagreeing,
        )


def reconcile(stores: Stores) -> Fates:
    """Determine the fate of every record, and of every row that changed without one."""
    return Fates(stores)


def _compare_statistics(stores: Stores) -> tuple[dict[str, str], list[Fate]]:
    """Return the fates of the users whose rows are not what the records add up to, and of the rows without a record."""
    before, after, due = stores.before, stores.after, sum_by_user(stores.accepted)
    changed = (
        user for user, sums in due.items() if after.get(user) != (before[user] + sums if user in before else sums)
    )
    rejected = {record.user_id for record in stores.refused}
    fates = {user: _determine_user_fate(user, due.get(user), stores) for user in chain(changed, rejected - due.keys())}
    others = (user for user in chain(before, after) if user not in due and user not in rejected)
    unexpected = sorted({user for user in others if before.get(user) != after.get(user)})
    return {user: fate for user, fate in fates.items() if fate != "applied"}, [
        Fate(None, user, "unexpected", {"csv": None, "aurora": _compute_change(user, stores)}) for user in unexpected
    ]


def _compute_change(user: str, stores: Stores) -> Counts:
    before, after = stores.before.get(user), stores.after.get(user, ZERO)
    return after if before is None else after - before


def _determine_user_fate(user: str, accepted: Counts | None, stores: Stores) -> str:
    """Return the fate that a user's accepted records share, since Aurora holds only their sums.

    accepted: those sums; None if no record is accepted.
    """
    if accepted is not None and user not in stores.after:
        return "lost"
    due, change = accepted or ZERO, _compute_change(user, stores)
    if change == due:
        return "applied"
    if change == ZERO:
        return "lost"
    times = {got // want for got, want in zip(change, due, strict=True) if want}
    if len(times) == 1 and change == (due[0] * (n := times.pop()), due[1] * n) and n > 1:
        return "doubled"
    return "altered"


def _account_for_chunks(stores: Stores) -> dict[int | None, tuple[dict[str, str], tuple[str, ...]]]:
    """Return, by chunk, its counts in DynamoDB and the logs, in words, and those of the two that disagree.

    A store disagrees unless it has one completion whose counts add up to the plan; both do if they differ. None stands
    for the records beyond the plan.
    """
    by_store = {"dynamodb": _group_by_number(stores.audited), "logs": _group_by_number(stores.logged)}
    accounts: dict[int | None, tuple[dict[str, str], tuple[str, ...]]] = {}
    for chunk, planned in [*stores.plan, (None, None)]:
        found = {name: held.get(chunk, []) for name, held in by_store.items()}
        texts = {}
        for name, held in found.items():
            told = "; ".join(f"{each.applied} applied, {each.rejected} rejected" for each in held)
            texts[name] = f"chunk {chunk}: {told or 'nothing'}"
        wrong = [name for name, held in found.items() if [each.applied + each.rejected for each in held] != [planned]]
        accounts[chunk] = texts, tuple(wrong or (found if found["dynamodb"] != found["logs"] else ()))
    return accounts


def _group_by_number(chunks: Iterable[Chunk]) -> Mapping[int | None, list[Chunk]]:
    found: dict[int | None, list[Chunk]] = {}
    for chunk in chunks:
        found.setdefault(chunk.number, []).append(chunk)
    return found


def compare_totals(stores: Stores, fates: Fates) -> list[Words]:
    """Describe where the batch job's counts differ from the records' fates.

    A FAILED job counts what had been committed when its error was handled: chunks still at work may add to that.
    """
    if not stores.jobs:
        return [phrase("no-batch-job")]
    job = stores.jobs[0]
    pairs = (("applied", job.applied), ("rejected", job.rejected))
    return [
        phrase("job-counts", job=got, records=fates.counts[name], fate=phrase(name))
        for name, got in pairs
        if got > fates.counts[name] or (got < fates.counts[name] and job.status != "FAILED")
    ]
