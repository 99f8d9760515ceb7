"""Copies the records of a chunk into the staging table: plain records in runs, all others one by one."""

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from csv_pipeline.records import judge
from csv_pipeline.tokenizer import Record, tokenize, whole_lines
from psycopg import Connection

# Valid records in the form in which PostgreSQL prints them: no quotes, no leading zeros. Nearly every file holds only
# such records, and staging a run of them costs a twentieth of staging them one by one. Repeats are possessive (with +),
# so that records that are not plain cause no backtracking. Groups are not possessive: Python before 3.11.5 does not
# backtrack if a possessive group fails midway (https://github.com/python/cpython/issues/106052).
_COUNT = rb"(?:0|[1-9][0-9]{0,17}+)"
_PLAIN = rb"U[0-9]{5,9}+,%b,%b\r?+\n" % (_COUNT, _COUNT)
_RUN = re.compile(rb"((?:%b)+)|(?:(?!%b)[^\n]*+\n)+" % (_PLAIN, _PLAIN))

Row: TypeAlias = tuple[int, str | None, int | None, int | None, str | None, str]
"""Line, user, logins, posts, the reason of a rejected record, and the record as it stands in the file."""


def stage(connection: Connection, blocks: Iterable[bytes], first_line: int) -> int:
    """Copy the records of a chunk, each with its line, into a new staging table that is dropped with the transaction.

    Returns the number of records.
    """
    connection.execute(
        "CREATE TEMP TABLE staging (line_number bigint, user_id text, logins bigint, posts bigint, reason text,"
        " record text) ON COMMIT DROP"
    )
    with connection.cursor() as cursor:
        with cursor.copy("COPY staging FROM STDIN") as copy:
            for rows in rows_of(blocks, first_line):
                if isinstance(rows, bytes):
                    copy.write(rows)
                else:
                    copy.write_row(rows)
        return cursor.rowcount


def rows_of(blocks: Iterable[bytes], first_line: int) -> Iterator[bytes | Row]:
    """Yield the rows of a chunk: Rows, or COPY text of a run of plain records, with NULL as their reason and text."""
    for line, lines in whole_lines(blocks, first_line):
        for run in _RUN.finditer(lines):
            if run[1]:
                records = run[1].replace(b"\r\n", b"\n").replace(b",", b"\t").splitlines()
                yield b"".join([b"%d\t%b\t\\N\t\\N\n" % numbered for numbered in enumerate(records, line)])
                line += len(records)
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
