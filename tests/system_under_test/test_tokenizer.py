"""Each line is a record of its own, wherever the blocks happen to end."""

from collections.abc import Iterator

import pytest
from csv_pipeline.errors import ValidationError
from csv_pipeline.plan import cut
from csv_pipeline.tokenizer import MAX_RECORD_BYTES, tokenize
from hypothesis import example, given
from hypothesis import strategies as st

from tests.system_under_test.csv_model import records_of

FILES = st.text(st.sampled_from('ab"",\r\n\nユ'), max_size=60).map(str.encode)


def in_blocks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@given(FILES, st.integers(1, 20))
@example(b'a"b,c\n', 2)
@example(b'"a\r\n""b"\r\n', 3)
@example(b"a\r", 1)
@example(b'a,"\nb,c"\n', 5)
@example(b'",\n,",\n,"', 4)
@example(b'"",""\n"""",\n,"","" \n', 6)
@example(b'"a,"",b"x,"c\r', 9)
@example(b'"a,"",b"x,"c"\r', 9)
def test_agrees_with_a_state_machine_at_every_block_size(data: bytes, size: int) -> None:
    wanted = records_of(data)
    if wanted is None:
        with pytest.raises(ValidationError, match="never closes"):
            list(tokenize(in_blocks(data, size)))
    else:
        assert list(tokenize(in_blocks(data, size))) == wanted


@given(FILES, st.integers(1, 5), st.integers(1, 9))
def test_each_chunk_read_alone_holds_the_records_that_the_whole_file_has_there(
    data: bytes, size: int, block: int
) -> None:
    whole = records_of(data)
    if whole is None:
        return
    chunks = list(cut(tokenize([data]), size, len(data)))
    parts = [
        list(tokenize(in_blocks(data[chunk.first_byte : chunk.end_byte], block), chunk.first_byte, chunk.first_line))
        for chunk in chunks
    ]
    assert [record for part in parts for record in part] == whole
    assert [len(part) for part in parts] == [chunk.record_count for chunk in chunks]
    assert [chunk.chunk for chunk in chunks] == list(range(1, len(chunks) + 1))


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize("quote", [b"", b'"'])
@pytest.mark.parametrize("block", [1000, MAX_RECORD_BYTES, MAX_RECORD_BYTES + 1])
def test_a_record_of_64_kib_is_the_longest(ending: bytes, quote: bytes, block: int) -> None:
    longest = quote + b"x" * (MAX_RECORD_BYTES - 2 * len(quote)) + quote
    assert [record.content for record in tokenize(in_blocks(longest + ending, block))] == [longest]
    with pytest.raises(ValidationError, match=f"line 2 is longer than {MAX_RECORD_BYTES} bytes"):
        list(tokenize(in_blocks(b"\n" + quote + b"x" + longest[len(quote) :] + ending, block)))


@pytest.mark.parametrize("between", [b"b,1,2\n", b'"b","1","2"\r\n'])
def test_two_stray_quotes_join_no_lines(between: bytes) -> None:
    records = list(tokenize([b'"a,1,2\n' + between * 900 + b'c,1,2"\n']))
    assert len(records) == 902
    assert [record.content for record in records[::901]] == [b'"a,1,2', b'c,1,2"']


def test_a_file_that_ends_within_quotes_is_named_with_its_line() -> None:
    with pytest.raises(ValidationError, match="line 4 opens a quote that the file never closes"):
        list(tokenize([b'a\n\nb,"c\nd,"e']))


def test_a_line_over_64_kib_with_cr_in_it_says_how_its_lines_end() -> None:
    with pytest.raises(ValidationError, match="ends its lines with CR, from line 2 on"):
        list(tokenize([b"a\n" + b"U00001,1,2\r" * 6000]))
