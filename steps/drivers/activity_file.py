"""The CSV of user activity: its columns and the suite's own parser, which uses none of the pipeline's code."""

from __future__ import annotations

import codecs
import csv
import io
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple, overload

COLUMNS = ("ユーザーID", "ログイン回数", "投稿回数")
"""The usual names of the columns: user id, logins, posts; the settings may name them otherwise."""
HEADER = ",".join(COLUMNS)


class Counts(NamedTuple):
    """Logins and posts: of a record, or of a user's statistics."""

    logins: int
    posts: int

    def __add__(self, other: Counts) -> Counts:  # type: ignore[override]  # adds, where a tuple appends
        return Counts(self.logins + other.logins, self.posts + other.posts)

    def __sub__(self, other: Counts) -> Counts:
        return Counts(self.logins - other.logins, self.posts - other.posts)

    def __repr__(self) -> str:
        return f"({self.logins}, {self.posts})"


ZERO = Counts(0, 0)


@lru_cache(maxsize=100_000)
def counts(logins: int, posts: int) -> Counts:
    """Return these counts, the same object again and again: the many users of a large file have few different ones."""
    return Counts(logins, posts)


class Record(NamedTuple):
    """One record of the file; `line` is its physical line number, counting the header as line 1."""

    line: int
    user_id: str
    logins: int
    posts: int

    @property
    def counts(self) -> Counts:
        return counts(self.logins, self.posts)


class Records(Sequence[Record]):
    """Records in columns: a million take 92 MB so, and as tuples 184 MB and thrice the time.

    Each is made when it is read.
    """

    def __init__(self) -> None:
        self._columns = array("Q"), list[str](), list[int](), list[int]()

    def append(self, line: int, user_id: str, logins: int, posts: int) -> None:
        """Add a record at the end."""
        lines, users, all_logins, all_posts = self._columns
        lines.append(line)
        users.append(user_id)
        all_logins.append(logins)
        all_posts.append(posts)

    def __len__(self) -> int:
        return len(self._columns[0])

    def __iter__(self) -> Iterator[Record]:
        return map(partial(tuple.__new__, Record), zip(*self._columns, strict=True))  # a quarter of Record()'s time

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | Sequence[Record]:
        if isinstance(index, slice):
            return [*self][index]
        lines, users, logins, posts = self._columns
        return Record(lines[index], users[index], logins[index], posts[index])


@dataclass(frozen=True)
class ActivityFile:
    """A CSV file of user activity, with the content that is uploaded."""

    name: str
    content: bytes
    header: list[str]
    lines: int
    records: Sequence[Record]

    @classmethod
    def read(cls, path: Path) -> ActivityFile:
        """Read the file at `path`, to be uploaded under its own name. Raises ValueError as `of` does."""
        return cls.of(path.name, path.read_bytes())

    @classmethod
    def of(cls, name: str, content: bytes, *, is_tolerant: bool = False) -> ActivityFile:
        """Parse `content`. Raises ValueError naming the line that does not hold a user id and two integers.

        If `is_tolerant`, such a line is a record of nobody's that adds nothing, since the pipeline has to reject it.
        """
        header: list[str] = []
        records, number = Records(), 0
        for number, line in enumerate(io.BytesIO(content.removeprefix(codecs.BOM_UTF8)), 1):
            try:
                text = line.decode().removesuffix("\n").removesuffix("\r")
                row = _unquote(text) if '"' in text else text.split(",")
                if not any(row):
                    continue
                if header:
                    user_id, logins, posts = row
                    records.append(number, user_id, int(logins), int(posts))
                else:
                    header = row
            except (ValueError, csv.Error) as error:
                if is_tolerant and header:
                    records.append(number, "", 0, 0)
                    continue
                if not isinstance(error, UnicodeDecodeError):
                    raise ValueError(f"{name}, line {number}: {text!r} is no record: {error}") from None
                raise ValueError(f"{name}, line {number}: it is not UTF-8: {error.reason}") from error
        return cls(name, content, header, number, records)

    @property
    def users(self) -> Iterator[str]:
        """The user of each record."""
        return (record.user_id for record in self.records)

    def sums(self) -> dict[str, Counts]:
        """The sums that the file adds to each user, by user id."""
        return sum_by_user(self.records)


def sum_by_user(records: Iterable[Record]) -> dict[str, Counts]:
    """Return the sums that these records add to each user, by user id."""
    sums: dict[str, Counts] = {}
    for _, user_id, logins, posts in records:
        own = counts(logins, posts)
        sums[user_id] = sums[user_id] + own if user_id in sums else own
    return sums


def _unquote(line: str) -> list[str]:
    """The fields of one line; a quoted field cannot continue on the next line."""
    return next(csv.reader([line], strict=True))
