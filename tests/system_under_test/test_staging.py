"""Plain records that are staged in runs give the same rows as one by one, wherever blocks and runs end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from csv_pipeline.records import judge
from csv_pipeline.tokenizer import tokenize
from hypothesis import given, settings
from hypothesis import strategies as st
from staging import Row, rows_of

from tests.system_under_test.hostile_files import records

LINE = 7
plain = st.builds("U{:05d},{},{}".format, st.integers(0, 10**9 - 1), st.integers(0, 10**18 - 1), st.integers(0, 99))
lines = st.lists(st.tuples(plain | records, st.sampled_from(["\n", "\r\n", "\n\n"])), max_size=20)


@given(lines, st.sampled_from(["", "U00001,1,2", "U00001,1,2\r"]), st.integers(1, 200))
@settings(max_examples=300)
def test_the_rows_are_those_of_the_records_one_by_one(lines: list[tuple[str, str]], last: str, block: int) -> None:
    content = "".join(part for line in lines for part in line).encode() + last.encode()
    blocks = [content[at : at + block] for at in range(0, len(content), block)]
    wanted = [(record.line, *judge(record.content)) for record in tokenize([content], first_line=LINE)]
    assert list(_whole(rows_of(blocks, LINE, is_numbered=True))) == [
        (line, user and user.replace("\0", "?"), logins, posts, reason, text.replace("\0", "?"))
        for line, user, logins, posts, reason, text in wanted
    ]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"U00001,1,2\nU00002,30,4\r\n", [b"7\tU00001\t1\t2\t\\N\t\\N\n8\tU00002\t30\t4\t\\N\t\\N\n"]),
        (
            b'U00001,1,2\n"U00002,1,1\nU00003,3,4\nU00004,5,6\n',
            [
                b"7\tU00001\t1\t2\t\\N\t\\N\n",
                (8, None, None, None, "ValidationError", '"U00002,1,1'),
                b"9\tU00003\t3\t4\t\\N\t\\N\n10\tU00004\t5\t6\t\\N\t\\N\n",
            ],
        ),
        (
            b"U00001,1,2\nU00002,-1,1\n",
            [b"7\tU00001\t1\t2\t\\N\t\\N\n", (8, "U00002", None, None, "ValidationError", "U00002,-1,1")],
        ),
    ],
    ids=["plain", "one that is not plain", "one that begins like a plain one"],
)
def test_a_run_of_plain_records_is_one_piece_of_copy_text(content: bytes, rows: list[object]) -> None:
    assert list(rows_of([content], LINE, is_numbered=True)) == rows


@given(lines, st.integers(1, 200))
def test_without_lines_good_records_are_the_same_and_bad_ones_have_their_line(
    lines: list[tuple[str, str]], block: int
) -> None:
    content = "".join(part for line in lines for part in line).encode()
    blocks = [content[at : at + block] for at in range(0, len(content), block)]
    numbered, found = _whole(rows_of(blocks, LINE, is_numbered=True)), _whole(rows_of(blocks, LINE, is_numbered=False))
    for (line, *wanted, text), (number, *got, _) in zip(numbered, found, strict=True):
        assert (got, number) == (wanted, line) or (got, number) == (wanted, None)
        assert number is not None or wanted[-1] is None, text


def test_leading_zeros_leave_a_record_plain_unless_its_text_is_wanted() -> None:
    content = b"U00001,007,00\r\nU00002,0,000000000000000000000000001\n"
    assert [*rows_of([content], LINE, is_numbered=False)] == [
        b"\\N\tU00001\t007\t00\t\\N\t\\N\n\\N\tU00002\t0\t000000000000000000000000001\t\\N\t\\N\n"
    ]
    assert [*rows_of([content], LINE, is_numbered=True)] == [
        (7, "U00001", 7, 0, None, "U00001,007,00"),
        (8, "U00002", 0, 1, None, "U00002,0,000000000000000000000000001"),
    ]


def _whole(
    rows: Iterator[bytes | Row],
) -> Iterator[tuple[int | None, str | None, int | None, int | None, str | None, str]]:
    """Every row with all its fields, as the database completes them."""
    for row in rows:
        if isinstance(row, tuple):
            yield row
            continue
        for text in row.decode().splitlines():
            line, user, logins, posts, *left_out = text.split("\t")
            assert left_out == ["\\N", "\\N"]
            yield None if line == "\\N" else int(line), user, int(logins), int(posts), None, f"{user},{logins},{posts}"
