"""The workload: records of registered users in random order, as a file for the pipeline and as COPY text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from random import Random

from steps.drivers.activity_file import HEADER, ZERO, Counts

UNIQUE, SKEWED, LONG = "unique", "skewed", "long"
KINDS = (UNIQUE, SKEWED, LONG)
"""Unique: no user twice. Skewed: users by Zipf's law, the busiest in one of 20 records. Long: unique, 99 bytes each."""

_LONG_RECORD = 100


@cache
def registered(count: int) -> Sequence[str]:
    """Return `count` user ids in random order; always the same for the same number."""
    return [f"U{number:09}" for number in Random(count).sample(range(10**9), count)]


def users(count: int) -> bytes:
    """COPY text of user_id, username, email, in the order of user ids, which is not the order of the file."""
    return "".join(f"{user}\t{user}\t{user}@example.com\n" for user in sorted(registered(count))).encode()


@dataclass(frozen=True)
class Workload:
    """Records (user, logins, posts). Each looks up a foreign key and an index; each user adds or changes a row."""

    records: Sequence[tuple[str, int, int]]
    kind: str = UNIQUE

    @classmethod
    def of(cls, size: int, kind: str = UNIQUE, among: int | None = None) -> Workload:
        """Create `size` records of `among` registered users (default: `size`); always the same for equal arguments."""
        random, known = Random(f"{size} {kind}"), registered(among or size)
        if kind == SKEWED:
            chosen = [known[int(len(known) ** random.random()) - 1] for _ in range(size)]  # Zipf: 1 / rank
        else:
            chosen = random.sample(known, size)
        return cls([(user, random.randrange(100), random.randrange(100)) for user in chosen], kind)

    def csv(self) -> bytes:
        """Return the file to upload."""
        zeros = (_LONG_RECORD - len("U123456789,,\n")) // 2 if self.kind == LONG else 1
        lines = (f"{user},{logins:0{zeros}},{posts:0{zeros}}\n" for user, logins, posts in self.records)
        return f"{HEADER}\n{''.join(lines)}".encode()

    def sums(self) -> bytes:
        """Return COPY text of each user's sums: user_id, logins, posts."""
        sums: dict[str, Counts] = {}
        for user, logins, posts in self.records:
            sums[user] = sums.get(user, ZERO) + Counts(logins, posts)
        return _copy_text([(user, *counts) for user, counts in sums.items()])

    def chunks(self, sizes: Sequence[int]) -> list[bytes]:
        """Return COPY text of the records in their order, cut into chunks of these sizes."""
        return [_copy_text(self.records[start:end]) for start, end in pairwise(accumulate(sizes, initial=0))]


def _copy_text(records: Sequence[tuple[str, int, int]]) -> bytes:
    return "".join(f"{user}\t{logins}\t{posts}\n" for user, logins, posts in records).encode()
