"""A chunk's records on their way into the staging table: plain ones by the run, all others one by one."""

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from csv_pipeline.records import judge
from csv_pipeline.tokenizer import Record, tokenize, whole_lines
from psycopg import Connection

# Records that are good beyond doubt, and as PostgreSQL itself would write them: no quotes, no leading zeros. Nearly
# every file holds nothing else, and a run of them is told at a twentieth of what its records cost one by one.
# Possessive (+ after a repeat): a record that is not plain is not looked at twice. Groups are not: Python before
# 3.11.5 does not go back where a possessive group fails midway (https://github.com/python/cpython/issues/106052).
_COUNT = rb"(?:0|[1-9][0-9]{0,17}+)"
_PLAIN = rb"U[0-9]{5,9}+,%b,%b\r?+\n" % (_COUNT, _COUNT)
_RUN = re.compile(rb"((?:%b)+)|(?:(?!%b)[^\n]*+\n)+" % (_PLAIN, _PLAIN))

Row: TypeAlias = tuple[int, str | None, int | None, int | None, str | None, str]
"""Line, user, logins, posts, the reason of a bad record, and the record as it stands in the file."""


def stage(connection: Connection, blocks: Iterable[bytes], first_line: int) -> int:
    """Copy the records of a chunk, each with its line, into a new staging table that ends with the transaction.

    Answers how many there are.
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
    """The rows of a chunk: COPY text of a run of plain records, without what can be told of them, or Rows."""
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
    # PostgreSQL's text holds no NUL. No good record has a NUL or a question mark, and the record grows no longer.
    return text.replace("\0", "?")
