"""The suite's own CSV parser: the expected results, computed without any of the pipeline's code."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import NamedTuple


class Record(NamedTuple):
    """One record of the file; `line` is its physical line number, counting the header as line 1."""

    line: int
    user_id: str
    logins: int
    posts: int


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
    def of(cls, name: str, content: bytes) -> ActivityFile:
        """Parse `content`. Raises ValueError naming the line that does not hold a user id and two integers."""
        header: list[str] = []
        records, number = [], 0
        for number, line in enumerate(io.BytesIO(content.removeprefix(codecs.BOM_UTF8)), 1):
            try:
                text = line.decode().removesuffix("\n").removesuffix("\r")
                row = _fields(text)
                if any(row) and header:
                    user_id, logins, posts = row
                    records.append(Record(number, intern(user_id), int(logins), int(posts)))  # database rows share it
                elif any(row):
                    header = row
            except UnicodeDecodeError as error:
                raise ValueError(f"{name}, line {number}: it is not UTF-8: {error.reason}") from error
            except (ValueError, csv.Error) as error:
                raise ValueError(f"{name}, line {number}: {text!r} is no record: {error}") from None
        return cls(name, content, header, number, tuple(records))

    def sums(self) -> dict[str, tuple[int, int]]:
        """The sums (logins, posts) that the file adds to each user, by user id."""
        sums: dict[str, tuple[int, int]] = {}
        for record in self.records:
            logins, posts = sums.get(record.user_id, (0, 0))
            sums[record.user_id] = logins + record.logins, posts + record.posts
        return sums


def _fields(line: str) -> list[str]:
    """The fields of one line; a quoted field cannot continue on the next line."""
    return next(csv.reader([line], strict=True)) if '"' in line else line.split(",")
