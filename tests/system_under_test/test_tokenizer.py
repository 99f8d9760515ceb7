"""Records are found where RFC 4180 says, wherever the blocks happen to end."""

import tracemalloc
from collections.abc import Iterator

import pytest
from csv_pipeline.errors import ValidationError
from csv_pipeline.plan import cut
from csv_pipeline.tokenizer import MAX_RECORD_BYTES, Record, tokenize
from hypothesis import example, given
from hypothesis import strategies as st

FILES = st.text(st.sampled_from('ab"",\r\n\nユ'), max_size=60).map(str.encode)


def in_blocks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def model(data: bytes) -> list[Record] | None:
    """The same by a state machine, byte by byte; None where a quote stays open."""
    records, line, began_on, start = [], 1, 1, 0
    state = "field start"
    for at, byte in enumerate(data + b"\n"):
        char = chr(byte)
        line += char == "\n" and at < len(data)
        if state == "quoted":
            state = "quote in quoted" if char == '"' else "quoted"
        elif char == '"' and state in ("quote in quoted", "field start"):
            state = "quoted"
        elif char == "\n":
            content = data[start:at].removesuffix(b"\r")
            records += [Record(began_on, start, content)] if content else []
            start, began_on, state = at + 1, line, "field start"
        else:
            state = "field start" if char == "," else "unquoted"
    return None if state == "quoted" else records


@given(FILES, st.integers(1, 20))
@example(b'a"b,c\n', 2)
@example(b'"a\r\n""b"\r\n', 3)
@example(b"a\r", 1)
def test_agrees_with_a_state_machine_at_every_block_size(data: bytes, size: int) -> None:
    wanted = model(data)
    if wanted is None:
        with pytest.raises(ValidationError, match="never closes"):
            list(tokenize(in_blocks(data, size)))
    else:
        assert list(tokenize(in_blocks(data, size))) == wanted


@given(FILES, st.integers(1, 5), st.integers(1, 9))
def test_each_chunk_read_alone_holds_the_records_that_the_whole_file_has_there(
    data: bytes, size: int, block: int
) -> None:
    whole = model(data)
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
def test_a_record_of_64_kib_is_the_longest(ending: bytes, quote: bytes) -> None:
    longest = quote + b"x" * (MAX_RECORD_BYTES - 2 * len(quote)) + quote
    assert [record.content for record in tokenize(in_blocks(longest + ending, 1000))] == [longest]
    with pytest.raises(ValidationError, match=f"line 2 is longer than {MAX_RECORD_BYTES} bytes"):
        list(tokenize(in_blocks(b"\n" + quote + b"x" + longest[len(quote) :] + ending, 1000)))


def test_an_open_quote_is_named_with_its_line() -> None:
    with pytest.raises(ValidationError, match="begins on line 3 opens a quote"):
        list(tokenize([b'a\n\nb,"c\nd\n']))


@pytest.mark.parametrize("line", [b"U00001,1,1\n", b'"U00001",1,1\n'])
def test_memory_is_a_few_blocks_however_long_the_file(line: bytes) -> None:
    block = line * 5000
    tracemalloc.start()
    try:
        assert sum(1 for _ in tokenize(block for _ in range(40))) == 200_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * len(block)


def test_a_long_open_quote_costs_one_look_at_the_block() -> None:
    with pytest.raises(ValidationError, match="longer than"):
        list(tokenize([b'"' + b"x" * 2**22]))  # searching from each of its bytes would take hours
