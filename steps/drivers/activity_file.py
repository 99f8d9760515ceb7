"""The CSV as the suite itself reads it: an oracle that shares nothing with the pipeline."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple


class Record(NamedTuple):
    """One record of the file; `line` is the physical line that it starts on, the header being line 1."""

    line: int
    user_id: str
    logins: int
    posts: int


@dataclass(frozen=True)
class ActivityFile:
    """A file of user activity as it is delivered."""

    name: str
    content: bytes
    header: list[str]
    lines: int
    records: tuple[Record, ...]

    @classmethod
    def read(cls, path: Path) -> ActivityFile:
        """The file in `path`, to be delivered under its own name; raises ValueError."""
        return cls.of(path.name, path.read_bytes())

    @classmethod
    def of(cls, name: str, content: bytes) -> ActivityFile:
        """A file of this content; ValueError names the line that does not hold a user id and two numbers."""
        text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
        rows = csv.reader(text, strict=True)
        try:
            return cls._of_rows(name, content, rows)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, _undecodable(content)) + 1
            raise ValueError(f"{name}, line {line}: it is not UTF-8: {error.reason}") from error
        except csv.Error as error:
            raise ValueError(f"{name}, line {rows.line_num}: {error}") from error

    @classmethod
    def _of_rows(cls, name: str, content: bytes, rows: Any) -> ActivityFile:
        header: list[str] = next(rows, [])
        records = []
        for row in rows:
            try:
                user_id, logins, posts = row
                records.append(
                    Record(rows.line_num, intern(user_id), int(logins), int(posts))
                )  # the stores name them too
            except ValueError as error:
                raise ValueError(f"{name}, line {rows.line_num}: {row} is no record: {error}") from None
        return cls(name, content, header, rows.line_num, tuple(records))

    def sums(self) -> dict[str, tuple[int, int]]:
        """(logins, posts) that the file adds to each user."""
        sums: dict[str, tuple[int, int]] = {}
        for record in self.records:
            logins, posts = sums.get(record.user_id, (0, 0))
            sums[record.user_id] = logins + record.logins, posts + record.posts
        return sums


def _undecodable(content: bytes) -> int:
    """Where the first byte is that is not UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return 0
