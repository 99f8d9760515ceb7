"""The CSV as the suite itself reads it: an oracle that shares nothing with the pipeline."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import NamedTuple


class Record(NamedTuple):
    """One record of the file; `line` is the physical line that it stands on, the header being line 1."""

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
        header: list[str] = []
        records, number = [], 0
        for number, line in enumerate(io.BytesIO(content.removeprefix(codecs.BOM_UTF8)), 1):
            try:
                text = line.decode().removesuffix("\n").removesuffix("\r")
                row = _fields(text)
                if any(row) and header:
                    user_id, logins, posts = row
                    records.append(Record(number, intern(user_id), int(logins), int(posts)))  # the stores name them too
                elif any(row):
                    header = row
            except UnicodeDecodeError as error:
                raise ValueError(f"{name}, line {number}: it is not UTF-8: {error.reason}") from error
            except (ValueError, csv.Error) as error:
                raise ValueError(f"{name}, line {number}: {text!r} is no record: {error}") from None
        return cls(name, content, header, number, tuple(records))

    def sums(self) -> dict[str, tuple[int, int]]:
        """(logins, posts) that the file adds to each user."""
        sums: dict[str, tuple[int, int]] = {}
        for record in self.records:
            logins, posts = sums.get(record.user_id, (0, 0))
            sums[record.user_id] = logins + record.logins, posts + record.posts
        return sums


def _fields(line: str) -> list[str]:
    """The fields of one line, which no quote joins to the next."""
    return next(csv.reader([line], strict=True)) if '"' in line else line.split(",")
