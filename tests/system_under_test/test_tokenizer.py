"""Each line is a record of its own, wherever the blocks end."""

from collections.abc import Iterator

import pytest
from csv_pipeline.errors import ValidationError
from csv_pipeline.plan import cut
from csv_pipeline.records import judge
from csv_pipeline.tokenizer import MAX_RECORD_BYTES, tokenize
from hypothesis import example, given
from hypothesis import strategies as st

from tests.system_under_test.models import records_of

FILES = st.text(st.sampled_from('ab"",\r\n\nユ'), max_size=60).map(str.encode)


def in_blocks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@given(FILES, st.integers(1, 20), st.integers(1, 5))
@example(b'a"b,c\n', 2, 1)
@example(b'"a\r\n""b"\r\n', 3, 1)
@example(b"a\r", 1, 1)
@example(b'a,"\nb,c"\n', 5, 1)
@example(b'",\n,",\n,"', 4, 1)
@example(b'"",""\n"""",\n,"","" \n', 6, 2)
@example(b'"a,"",b"x,"c\r', 9, 1)
@example(b'"a,"",b"x,"c"\r', 9, 1)
def test_agrees_with_the_model_at_every_block_size_and_in_chunks_read_alone(data: bytes, block: int, size: int) -> None:
    wanted = records_of(data)
    if wanted is None:
        with pytest.raises(ValidationError, match="never closes"):
            list(tokenize(in_blocks(data, block)))
        return
    assert list(tokenize(in_blocks(data, block))) == wanted
    chunks = list(cut(tokenize([data]), size, len(data)))
    parts = [
        list(tokenize(in_blocks(data[chunk.first_byte : chunk.end_byte], block), chunk.first_byte, chunk.first_line))
        for chunk in chunks
    ]
    assert [record for part in parts for record in part] == wanted
    assert [len(part) for part in parts] == [chunk.record_count for chunk in chunks]
    assert {chunk.record_count for chunk in chunks[:-1]} <= {size}
    assert [chunk.chunk for chunk in chunks] == list(range(1, len(chunks) + 1))


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize("quote", [b"", b'"'])
@pytest.mark.parametrize("block", [1000, MAX_RECORD_BYTES, MAX_RECORD_BYTES + 1])
def test_a_record_of_64_kib_is_the_longest(ending: bytes, quote: bytes, block: int) -> None:
    longest = quote + b"x" * (MAX_RECORD_BYTES - 2 * len(quote)) + quote
    assert [record.content for record in tokenize(in_blocks(longest + ending, block))] == [longest]
    with pytest.raises(ValidationError, match=f"line 2 is longer than {MAX_RECORD_BYTES} bytes"):
        list(tokenize(in_blocks(b"\n" + quote + b"x" + longest[len(quote) :] + ending, block)))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'a\n\nb,"c\nd,"e', "line 4 opens a quote that the file never closes"),
        (b"a\n" + b"U00001,1,2\r" * 6000, "ends its lines with CR, from line 2 on"),
    ],
)
def test_an_invalid_file_is_named_with_its_line(data: bytes, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        list(tokenize([data]))


def test_a_rejected_record_names_its_user_if_it_has_one() -> None:
    assert judge(b'"U00001",x,1').user_id == "U00001"
    assert judge(b'"U00001"x,1,1').user_id is None
