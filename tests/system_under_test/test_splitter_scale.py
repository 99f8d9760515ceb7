"""The splitter at size: blocks of 1 MiB cut anything in two, memory stays that of a block, chunks stay 200."""

import tracemalloc
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from csv_pipeline.events import S3Object
from csv_pipeline.objects import BLOCK_BYTES, open_version
from csv_pipeline.plan import chunk_size, cut
from csv_pipeline.tokenizer import Record
from hypothesis import given
from hypothesis import strategies as st
from split import cut_file
from validation import count_records

from tests.system_under_test.csv_model import records_of
from tests.system_under_test.pipeline import HEADER, Pipeline, Run
from tests.system_under_test.test_splitter import read_back

# Around the end of a block: what stands before it, and what stands after it.
STRADDLING = [
    (b"U00001,1,1\r", b"\nU00002,2,2"),
    (b"U00001,1,1\r\n", b"U00002,2,2"),
    (b"U00001,1,1\r\n\r", b"\nU00002,2,2"),
    ("ユ".encode()[:1], "ユ".encode()[1:]),
    ("𠮷".encode()[:3], "𠮷".encode()[3:]),
    (b'U00001,"', b'1",1'),
    (b'U00001,"1', b'",1'),
    (b'U00001,"1"', b'",1\n",2'),
    (b'U00001,"1""', b',1\n",2'),
    (b'U00001,"1\r', b'\n",2'),
    (b'U00001,"1\n', b'\r\n",2'),
    (b"U00001,", b'"1\n2",2'),
    (b'U00001,a"', b"b,2"),
]


@pytest.mark.parametrize(("before", "after"), STRADDLING)
def test_the_end_of_a_real_block_changes_nothing(
    pipeline: Pipeline, database: psycopg.Connection, before: bytes, after: bytes
) -> None:
    head, filler = f"{HEADER}\n".encode(), b"U00000," + b"0" * 60_000 + b",0\n"
    room = BLOCK_BYTES - len(head) - len(before)
    padding = filler * (room // len(filler)) + b"x" * (room % len(filler) - 1) + b"\n"
    data = head + padding + before + after + b"\nU99999,9,9\n"
    upload, run = pipeline.upload_bytes(data), Run()
    _, blocks = open_version(pipeline.services.s3, S3Object.model_validate(upload))
    assert [len(block) for block in blocks] == [BLOCK_BYTES, len(data) - BLOCK_BYTES]
    with pipeline.configured(CHUNK_SIZE="3"):
        pipeline.plan(upload, run)
    found = [record for part in read_back(pipeline, database, upload) for record in part]
    lines = padding.splitlines()
    wanted = [(line, len(head) + (line - 2) * len(filler), content) for line, content in enumerate(lines, start=2)]
    start = len(head + padding)
    wanted += [(1 + len(lines) + line, start + at, content) for line, at, content in records_of(data[start:]) or ()]
    assert found == wanted


RECORDS: list[Callable[[int], bytes]] = [
    lambda _: b"x\n" * 10_000,
    lambda number: b'"U%05d","1","1"\r\n' % number * 2_000,
    lambda number: b"U%05d,%s,1\n" % (number, b"0" * 65_000),
    lambda number: b'U%05d,"%s",1\n' % (number, b'""' * 20_000),
    lambda _: b"\r\n,,\r\n" * 5_000,
]


@pytest.mark.parametrize("block", RECORDS, ids=["tiny", "quoted", "long", "long and quoted", "blank"])
def test_memory_is_that_of_a_block_however_long_the_file(
    block: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing: Any = SimpleNamespace(s3=None, object=None)

    def file(blocks: int) -> Iterator[bytes]:
        yield f"{HEADER}\n".encode()
        yield from map(block, range(blocks))

    def peak(blocks: int) -> int:
        monkeypatch.setattr("split.open_version", lambda *_: (10**9, file(blocks)))
        tracemalloc.start()
        try:
            records = count_records(file(blocks))
            assert len(cut_file(nothing, nothing, chunk_size(records, 10))) <= 200
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few, many = peak(2), peak(10)
    assert many - few < len(block(0))


def test_a_million_records_make_40_chunks_and_none_waits_for_the_end() -> None:
    seen = 0

    def records() -> Iterator[Record]:
        nonlocal seen
        for seen in range(1, 1_000_001):
            yield Record(seen, seen, b"x")

    chunks = cut(records(), chunk_size(1_000_000, 10), 1_000_001)
    assert next(chunks).record_count == 25_000
    assert seen == 25_001
    assert sum(1 for _ in chunks) == 39


@given(st.integers(1, 10**9), st.integers(1, 10**6))
def test_chunks_are_as_many_as_keep_the_workers_busy_and_as_large_as_that_leaves(records: int, smallest: int) -> None:
    size = chunk_size(records, smallest)
    chunks, smaller = -(-records // size), -(-records // max(1, size - 1))
    assert size >= smallest
    assert chunks <= 200
    assert chunks <= 40 or size >= 25_000
    assert size in (1, smallest) or smaller > (40 if size <= 25_000 else 200)
