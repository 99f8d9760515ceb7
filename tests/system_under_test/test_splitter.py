"""The splitter: it counts the records of valid files, in the memory of a block, and stores one plan of 200 chunks."""

import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from csv_pipeline.errors import ObjectGoneError, ProcessingError, ValidationError
from csv_pipeline.plan import chunk_size, cut
from csv_pipeline.tokenizer import Record
from hypothesis import example, given
from hypothesis import strategies as st
from split import cut_file
from validation import MAX_FILE_BYTES, check_name_and_size, count_records, utf8, within

from tests.system_under_test.conftest import NewUsers
from tests.system_under_test.hostile_files import LONG, hostile_files
from tests.system_under_test.models import records_below_header
from tests.system_under_test.pipeline import HEADER, Pipeline, Run
from tests.system_under_test.stores import planned, waiting_for_a_lock


@given(hostile_files, st.integers(1, 30))
@example(b"", 1)
@example(f"{HEADER}\nU00001,1,".encode() + b"\xff", 1)
@example(f"{HEADER}\nU00001,1,ユ".encode()[:-1], 1)
@example(f"{HEADER}\n".encode() + b"x" * LONG, 4093)
@example(f"{HEADER}\n".encode() + b"x" * (LONG + 1), 4093)
def test_the_validation_counts_the_records_of_valid_files_alone(data: bytes, block: int) -> None:
    blocks, wanted = (data[at : at + block] for at in range(0, len(data), block)), records_below_header(data)
    if wanted is None:
        with pytest.raises(ValidationError):
            count_records(blocks)
    else:
        assert count_records(blocks) == len(wanted)


@pytest.mark.parametrize("block", [1, 4, 100])
def test_the_first_byte_that_is_not_utf_8_is_named(block: int) -> None:
    for data in (b"a\xe3\x83\x83b\xe3\x83", b"a\xe3\x83\x83b\xffxyz"):
        with pytest.raises(ValidationError, match="byte 5 of the file is not UTF-8"):
            list(utf8(data[at : at + block] for at in range(0, len(data), block)))


def test_a_file_that_the_rule_should_have_excluded_is_invalid(pipeline: Pipeline) -> None:
    check_name_and_size("incoming/a/b c.csv", MAX_FILE_BYTES)
    with pytest.raises(ValidationError, match="104857601 bytes; 104857600 are allowed"):
        check_name_and_size("incoming/a.csv", MAX_FILE_BYTES + 1)
    for key in ("incoming/a.CSV", "incoming/a.csv.gz", "results/v/rejected.csv", "x/incoming/a.csv"):
        with pytest.raises(ValidationError, match="is not incoming"):
            pipeline.plan(pipeline.upload([], key=key), Run())


def test_a_validation_that_takes_too_long_is_no_fault_of_the_file() -> None:
    assert list(within(60, monotonic(), [b"a", b"b"])) == [b"a", b"b"]
    with pytest.raises(ProcessingError, match=r"longer than VALIDATION_TIMEOUT_SECONDS \(0\)"):
        list(within(0, monotonic() - 1, [b"a"]))


@pytest.mark.parametrize("step", ["csv-validation", "csv-split"])
def test_a_version_deleted_before_it_was_split_is_named(pipeline: Pipeline, step: str) -> None:
    upload = pipeline.upload([])
    pipeline.s3.delete_object(Bucket=upload["bucket"], Key=upload["key"], VersionId=upload["version_id"])
    with pytest.raises(ObjectGoneError, match="no longer exists; upload the file again"):
        pipeline.step(step, upload, Run(), **({"records_total": 0} if step == "csv-split" else {}))


def test_two_splitters_at_once_store_one_plan(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    upload, run = pipeline.upload(f"{user},1,1" for user in new_users(30)), Run()
    with ThreadPoolExecutor(2) as pool:
        # Both look and find no plan before either can store one.
        with database.transaction():
            database.execute("LOCK TABLE chunk_plan IN SHARE ROW EXCLUSIVE MODE")
            answers = []
            for name, size in (("one", "10"), ("other", "4")):
                with pipeline.configured(CHUNK_SIZE=size):
                    answers.append(pool.submit(pipeline.work, "csv-split", upload, run, name, records_total=30))
                    waiting_for_a_lock(database, name)
        assert answers[0].result() == answers[1].result()
    assert [count for *_, count in planned(database, upload)] == [10, 10, 10]
    assert answers[0].result()["chunks"] == [1, 2, 3]


BLOCKS: list[Callable[[int], bytes]] = [
    lambda _: b"x\n" * 10_000,
    lambda number: b'"U%05d","1","1"\r\n' % number * 2_000,
    lambda number: b"U%05d,%s,1\n" % (number, b"0" * 65_000),
    lambda number: b'U%05d,"%s",1\n' % (number, b'""' * 20_000),
    lambda _: b"\r\n,,\r\n" * 5_000,
]


@pytest.mark.parametrize("block", BLOCKS, ids=["tiny", "quoted", "long", "long and quoted", "blank"])
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


def test_a_chunk_is_cut_before_the_file_ends() -> None:
    records = (Record(number, number, b"x") for number in range(1, 101))
    assert next(cut(records, 10, 101)).record_count == 10
    assert next(records).line == 12


@given(st.integers(1, 10**9), st.integers(1, 10**6))
@example(1_000_000, 10)
@example(100_000, 10)
@example(10_000, 10)
def test_chunks_keep_all_workers_busy_and_are_as_large_as_that_permits(records: int, smallest: int) -> None:
    size = chunk_size(records, smallest)
    chunks, smaller = -(-records // size), -(-records // max(1, size - 1))
    assert size >= smallest
    assert chunks <= 200
    most = 10 if size < 2_500 else 20 if size < 50_000 else 200
    assert chunks <= most
    assert size in (1, smallest, 2_500) or smaller > (most if size != 50_000 else 20)
