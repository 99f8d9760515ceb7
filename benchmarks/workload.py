"""What is processed: records of as many users, in random order, as a file for the pipeline and as COPY text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from random import Random

HEADER = "ユーザーID,ログイン回数,投稿回数"


@dataclass(frozen=True)
class Workload:
    """Records (user, logins, posts), no user twice: each makes a row, looks up a foreign key and enters an index."""

    records: Sequence[tuple[str, int, int]]

    @classmethod
    def of(cls, size: int) -> Workload:
        """`size` records; the same ones for the same size, so that figures of two days are of the same work."""
        random = Random(size)
        numbers = random.sample(range(10**9), size)
        return cls([(f"U{number:09}", random.randrange(100), random.randrange(100)) for number in numbers])

    def csv(self) -> bytes:
        """The file that is delivered."""
        lines = (f"{user},{logins},{posts}\n" for user, logins, posts in self.records)
        return f"{HEADER}\n{''.join(lines)}".encode()

    def users(self) -> bytes:
        """COPY text of user_id, username, email: in the order of registration, which is not the file's."""
        users = sorted(user for user, _, _ in self.records)
        return "".join(f"{user}\t{user}\t{user}@example.com\n" for user in users).encode()

    def rows(self) -> bytes:
        """COPY text of all records: user_id, logins, posts."""
        return _copy_text(self.records)

    def chunks(self, sizes: Sequence[int]) -> list[bytes]:
        """COPY text of the records in their order, cut into chunks of these sizes."""
        return [_copy_text(self.records[start:end]) for start, end in pairwise(accumulate(sizes, initial=0))]


def _copy_text(records: Sequence[tuple[str, int, int]]) -> bytes:
    return "".join(f"{user}\t{logins}\t{posts}\n" for user, logins, posts in records).encode()
