"""Copies the records of a chunk into the staging table: plain records in runs, all others one by one."""

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from csv_pipeline.records import judge
from csv_pipeline.tokenizer import Record, tokenize, whole_lines
from psycopg import Connection

# Plain records are valid without a look at their fields. Nearly every file holds only such records, and staging a run
# of them costs a twentieth of staging them one by one. Repeats are possessive (with +), so that records that are not
# plain cause no backtracking. Groups are not possessive: Python before 3.11.5 does not backtrack if a possessive group
# fails midway (https://github.com/python/cpython/issues/106052).


def _runs(count: bytes) -> re.Pattern[bytes]:
    plain = rb"U[0-9]{5,9}+,%b,%b\r?+\n" % (count, count)
    return re.compile(rb"((?:%b)+)|(?:(?!%b)[^\n]*+\n)+" % (plain, plain))


# PostgreSQL reads counts with leading zeros, and prints them without.
_RUN = _runs(rb"(?=[0-9])0*+(?:[1-9][0-9]{0,17}+)?")
_RUN_AS_PRINTED = _runs(rb"(?:0|[1-9][0-9]{0,17}+)")

Row: TypeAlias = tuple[int, str | None, int | None, int | None, str | None, str]
"""Line, user, logins, posts, the reason of a rejected record, and the record as it stands in the file."""


def stage(connection: Connection, blocks: Iterable[bytes], first_line: int, *, is_numbered: bool) -> int:
    """Copy the records of a chunk into a new staging table that is dropped with the transaction; return their number.

    Unless `is_numbered`, which takes longer, plain records are without their line, and none of them can be rejected.
    """
    connection.execute(
        "CREATE TEMP TABLE staging (line_number bigint, user_id text, logins bigint, posts bigint, reason text,"
        " record text) ON COMMIT DROP"
    )
    with connection.cursor() as cursor:
        with cursor.copy("COPY staging FROM STDIN") as copy:
            for rows in rows_of(blocks, first_line, is_numbered=is_numbered):
                if isinstance(rows, bytes):
                    copy.write(rows)
                else:
                    copy.write_row(rows)
        return cursor.rowcount


def rows_of(blocks: Iterable[bytes], first_line: int, *, is_numbered: bool) -> Iterator[bytes | Row]:
    """Yield the rows of a chunk: Rows, or COPY text of a run of plain records, with NULL as their reason and text.

    Unless `is_numbered`, their line is NULL, too.
    """
    pattern = _RUN_AS_PRINTED if is_numbered else _RUN
    for line, lines in whole_lines(blocks, first_line):
        for run in pattern.finditer(lines):
            if run[1]:
                records = run[1].replace(b"\r\n", b"\n").replace(b",", b"\t")
                if is_numbered:
                    numbered = enumerate(records.splitlines(), line)
                    yield b"".join([b"%d\t%b\t\\N\t\\N\n" % each for each in numbered])
                else:
                    yield b"\\N\t%b\t\\N\t\\N\n" % records[:-1].replace(b"\n", b"\t\\N\t\\N\n\\N\t")
            else:
                yield from map(_row, tokenize([run[0]], first_line=line))
            line += run[0].count(b"\n")


def _row(record: Record) -> Row:
    user_id, logins, posts, reason, text = judge(record.content)
    if reason is not None:
        user_id, text = user_id and _storable(user_id), _storable(text)
    return record.line, user_id, logins, posts, reason, text


def _storable(text: str) -> str:
    # PostgreSQL's text type cannot hold NUL. Valid records hold neither NUL nor "?", and the length stays the same.
    return text.replace("\0", "?")
