"""Valid and invalid forms of an activity file, each a function from the file's lines to its bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from unicodedata import normalize

from steps.drivers.activity_file import ActivityFile, Record
from steps.preconditions.event_rule import MAX_BYTES

Lines = Sequence[str]
"""The lines of a file without line breaks, the header first."""

_RECORD_BYTES = 64 * 1024


def text(lines: Lines) -> str:
    return "".join(f"{line}\n" for line in lines)


def _columns(change: Callable[[list[str]], list[str]]) -> Callable[[Lines], bytes]:
    return lambda lines: text([",".join(change(lines[0].split(","))), *lines[1:]]).encode()


def _mixed(lines: Lines) -> str:
    return "".join(line + ("\r\n" if n % 2 else "\n") for n, line in enumerate(lines))


def _with_empty_rows(lines: Lines) -> str:
    rows = zip(lines, cycle([",,", ",", ",,,", '"","",""', ""]), cycle(["\n", "\r\n"]), strict=False)
    return "".join(f"{line}{line_break}{empty}{line_break}" for line, empty, line_break in rows)


def _padded(line: str, size: int) -> str:
    """Return the record with so many zeros before its logins that it is `size` bytes long."""
    user, logins, posts = line.split(",")
    return f"{user},{logins.zfill(len(logins) + size - len(line))},{posts}"


FORMS: Mapping[str, Callable[[Lines], bytes]] = {
    "begins with a byte order mark": lambda lines: text(lines).encode("utf-8-sig"),
    "ends its lines with CRLF": lambda lines: text(lines).replace("\n", "\r\n").encode(),
    "mixes LF and CRLF": lambda lines: _mixed(lines).encode(),
    "ends in blank lines": lambda lines: text([*lines, "", "", ""]).encode(),
    "has empty rows as spreadsheets leave them": lambda lines: _with_empty_rows(lines).encode(),
    "has no line break at its end": lambda lines: text(lines).encode()[:-1],
    "has its header in quotes": _columns(lambda columns: [f'"{column}"' for column in columns]),
    "has a record of exactly 64 KiB": lambda lines: text([*lines[:-1], _padded(lines[-1], _RECORD_BYTES)]).encode(),
    "is a header alone": lambda lines: text(lines[:1]).encode(),
    "is empty": lambda lines: b"",
    "has no header": lambda lines: text(lines[1:]).encode(),
    "has a header of other names": _columns(lambda columns: ["user", "logins", "posts"]),
    "has its columns in another order": _columns(lambda columns: [*columns[1:], columns[0]]),
    "lacks a column": _columns(lambda columns: columns[:-1]),
    "has a column more": _columns(lambda columns: [*columns, "備考"]),
    "has a NUL in its header": _columns(lambda columns: [columns[0] + "\0", *columns[1:]]),
    "has its header in NFD": lambda lines: text([normalize("NFD", lines[0]), *lines[1:]]).encode(),
    "has full-width letters in its header": _columns(lambda columns: [columns[0].replace("ID", "ＩＤ"), *columns[1:]]),
    "has a hyphen for a ー in its header": _columns(lambda columns: [columns[0].replace("ー", "-"), *columns[1:]]),
    "has a zero-width space in its header": _columns(lambda columns: [columns[0] + "\u200b", *columns[1:]]),
    "has a no-break space in its header": _columns(lambda columns: [columns[0], "\u00a0" + columns[1], columns[2]]),
    "begins with two byte order marks": lambda lines: text(lines).encode("utf-8-sig").decode().encode("utf-8-sig"),
    "ends its lines with CR": lambda lines: text(lines).replace("\n", "\r").encode(),
    "ends its lines with CR, and is longer than 64 KiB": lambda lines: (
        text([*lines, *[lines[-1]] * _RECORD_BYTES]).replace("\n", "\r").encode()
    ),
    "is in Shift_JIS": lambda lines: text(lines).encode("shift_jis"),
    "is in UTF-16": lambda lines: text(lines).encode("utf-16"),
    "has a byte that is not UTF-8 beyond its first MiB": lambda lines: (
        text(lines).encode().ljust(1_100_000, b"\n") + b"\xff\n"
    ),
    "ends within a character": lambda lines: text(lines).encode() + "ユ".encode()[:-1],
    "ends within quotes": lambda lines: text([*lines[:-1], f'"{lines[-1]}']).encode()[:-1],
    "has a record over 64 KiB": lambda lines: text([*lines, "0" * (_RECORD_BYTES + 1)]).encode(),
}


def of_largest_size(name: str, header: str, users: Sequence[str]) -> ActivityFile:
    """Return a valid file of exactly MAX_BYTES bytes: one record per user, padded with leading zeros."""
    room = MAX_BYTES - len(f"{header}\n".encode())
    size, rest = divmod(room, len(users))
    lines, records = [header], []
    for n, user in enumerate(users):
        records.append(Record(n + 2, user, n, 1))
        lines.append(f"{user},{str(n).zfill(size + (rest if n == 0 else 0) - len(user) - 4)},1")
    return ActivityFile(name, text(lines).encode(), header.split(","), len(lines), tuple(records))
