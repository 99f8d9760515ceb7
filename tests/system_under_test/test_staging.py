"""Plain records that are staged by the run come to the same as one by one, wherever blocks and plain ones end."""

from __future__ import annotations

from collections.abc import Iterator

from csv_pipeline.records import judge
from csv_pipeline.tokenizer import tokenize
from hypothesis import given
from hypothesis import strategies as st
from staging import Row, rows_of

from tests.system_under_test.csv_files import examples, records

LINE = 7
plain = st.tuples(st.integers(0, 10**9 - 1).map("U{:05d}".format), st.integers(0, 10**18 - 1), st.integers(0, 99))
lines = st.lists(
    st.tuples(plain.map(lambda record: ",".join(map(str, record))) | records, st.sampled_from(["\n", "\r\n", "\n\n"])),
    max_size=20,
)


@given(lines, st.sampled_from(["", "U00001,1,2", "U00001,1,2\r"]), st.integers(1, 200))
@examples(300)
def test_the_rows_are_those_of_the_records_one_by_one(lines: list[tuple[str, str]], last: str, block: int) -> None:
    content = "".join(part for line in lines for part in line).encode() + last.encode()
    blocks = [content[at : at + block] for at in range(0, len(content), block)]
    wanted = [(record.line, *judge(record.content)) for record in tokenize([content], first_line=LINE)]
    assert list(_whole(rows_of(blocks, LINE))) == [
        (line, user and user.replace("\0", "?"), logins, posts, reason, text.replace("\0", "?"))
        for line, user, logins, posts, reason, text in wanted
    ]


def test_a_chunk_of_plain_records_is_one_piece_of_copy_text() -> None:
    assert next(iter(rows_of([b"U00001,1,2\nU00002,30,4\r\n"], LINE))) == (
        b"7\tU00001\t1\t2\t\\N\t\\N\n8\tU00002\t30\t4\t\\N\t\\N\n"
    )


def test_what_follows_a_record_that_is_not_plain_is_one_piece_again() -> None:
    first, bad, second = rows_of([b'U00001,1,2\n"U00002,1,1\nU00003,3,4\nU00004,5,6\n'], LINE)
    assert first == b"7\tU00001\t1\t2\t\\N\t\\N\n"
    assert bad == (8, None, None, None, "ValidationError", '"U00002,1,1')
    assert second == b"9\tU00003\t3\t4\t\\N\t\\N\n10\tU00004\t5\t6\t\\N\t\\N\n"


def test_a_record_that_is_plain_to_its_middle_is_left_to_be_looked_at_whole() -> None:
    text, *rows = rows_of([b"U00001,1,2\nU00002,-1,1\n"], LINE)
    assert text == b"7\tU00001\t1\t2\t\\N\t\\N\n"
    assert rows == [(8, "U00002", None, None, "ValidationError", "U00002,-1,1")]


def _whole(rows: Iterator[bytes | Row]) -> Iterator[Row]:
    """Every row with all its fields, as the database completes them."""
    for row in rows:
        if isinstance(row, tuple):
            yield row
            continue
        for text in row.decode().splitlines():
            line, user, logins, posts, *left_out = text.split("\t")
            assert left_out == ["\\N", "\\N"]
            yield int(line), user, int(logins), int(posts), None, f"{user},{logins},{posts}"
