"""The CSV of user activity: its columns and the suite's own parser, which uses none of the pipeline's code."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import NamedTuple

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


class Record(NamedTuple):
    """One record of the file; `line` is its physical line number, counting the header as line 1."""

    line: int
    user_id: str
    logins: int
    posts: int

    @property
    def counts(self) -> Counts:
        return Counts(self.logins, self.posts)


@dataclass(frozen=True)
class ActivityFile:
    """A CSV file of user activity, with the content that is uploaded."""

    name: str
    content: bytes
    header: list[str]
    lines: int
    records: tuple[Record, ...]

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
        records, number = [], 0
        for number, line in enumerate(io.BytesIO(content.removeprefix(codecs.BOM_UTF8)), 1):
            try:
                text = line.decode().removesuffix("\n").removesuffix("\r")
                row = _fields(text)
                if not any(row):
                    continue
                if header:
                    user_id, logins, posts = row
                    # The rows of the database share the id: a million records take 444 MB so, else 477 MB and 2 s less.
                    records.append(Record(number, intern(user_id), int(logins), int(posts)))
                else:
                    header = row
            except (ValueError, csv.Error) as error:
                if is_tolerant and header:
                    records.append(Record(number, "", 0, 0))
                    continue
                if not isinstance(error, UnicodeDecodeError):
                    raise ValueError(f"{name}, line {number}: {text!r} is no record: {error}") from None
                raise ValueError(f"{name}, line {number}: it is not UTF-8: {error.reason}") from error
        return cls(name, content, header, number, tuple(records))

    def sums(self) -> dict[str, Counts]:
        """The sums that the file adds to each user, by user id."""
        sums: dict[str, Counts] = {}
        for record in self.records:
            sums[record.user_id] = sums.get(record.user_id, ZERO) + record.counts
        return sums


def _fields(line: str) -> list[str]:
    """The fields of one line; a quoted field cannot continue on the next line."""
    return next(csv.reader([line], strict=True)) if '"' in line else line.split(",")
