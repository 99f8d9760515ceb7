"""The splitter as a whole, on the real S3: its chunks hold each record of the file once, wherever blocks end."""

from itertools import pairwise

import psycopg
import pytest
from csv_pipeline.errors import ValidationError
from csv_pipeline.events import S3Object
from csv_pipeline.objects import open_version
from csv_pipeline.tokenizer import tokenize
from hypothesis import example, given, settings
from hypothesis import strategies as st
from validation import count_records

from tests.system_under_test.csv_files import broken_files, examples, long_files, valid_files
from tests.system_under_test.csv_model import Found, records_below_header
from tests.system_under_test.pipeline import HEADER, Pipeline, Run, Upload
from tests.system_under_test.stores import planned


def read_back(pipeline: Pipeline, database: psycopg.Connection, upload: Upload) -> list[list[Found]]:
    """The records of each stored chunk, read from its range alone as the processor does."""
    version = S3Object.model_validate(upload)
    parts = []
    for _, first_byte, end_byte, first_line, count in planned(database, upload):
        _, blocks = open_version(pipeline.services.s3, version, first_byte, end_byte)
        parts.append(
            [(record.line, record.first_byte, record.content) for record in tokenize(blocks, first_byte, first_line)]
        )
        assert len(parts[-1]) == count
    return parts


def split(pipeline: Pipeline, upload: Upload) -> int:
    """Validate and split, and return the number of records that the validation found."""
    run = Run()
    total: int = pipeline.work("csv-validation", upload, run)["records_total"]
    pipeline.work("csv-split", upload, run, records_total=total)
    return total


def agrees_with_model(
    pipeline: Pipeline, database: psycopg.Connection, data: bytes, *, chunk_size: int, block: int
) -> None:
    upload, wanted = pipeline.upload_bytes(data), records_below_header(data)
    with pytest.MonkeyPatch.context() as patch, pipeline.configured(CHUNK_SIZE=str(chunk_size)):
        patch.setattr("csv_pipeline.objects.BLOCK_BYTES", block)
        if wanted is None:
            with pytest.raises(ValidationError):
                split(pipeline, upload)
            assert planned(database, upload) == []
            return
        total = split(pipeline, upload)
        parts = read_back(pipeline, database, upload)
    assert total == len(wanted)
    assert [record for part in parts for record in part] == wanted
    assert {len(part) for part in parts[:-1]} <= {chunk_size}
    plan = planned(database, upload)
    assert [chunk for chunk, *_ in plan] == list(range(1, -(-total // chunk_size) + 1))
    assert all(end == first for (_, _, end, _, _), (_, first, _, _, _) in pairwise(plan))
    assert not plan or plan[-1][2] == len(data)


@settings(max_examples=100, deadline=None)
@given(valid_files | broken_files, st.integers(1, 30))
def test_the_validation_counts_the_records_of_valid_files_alone(data: bytes, block: int) -> None:
    blocks, wanted = (data[at : at + block] for at in range(0, len(data), block)), records_below_header(data)
    if wanted is None:
        with pytest.raises(ValidationError):
            count_records(blocks)
    else:
        assert count_records(blocks) == len(wanted)


@examples(20)
@given(valid_files, st.integers(1, 5), st.integers(1, 30))
@example(f"{HEADER}\r\r\n\r\n\r\n".encode(), 1, 1)
def test_valid_files(
    pipeline: Pipeline, database: psycopg.Connection, data: bytes, chunk_size: int, block: int
) -> None:
    agrees_with_model(pipeline, database, data, chunk_size=chunk_size, block=block)


@examples(20)
@given(broken_files, st.integers(1, 30))
@example(b"", 1)
@example(f"{HEADER}\nU00001,1,".encode() + b"\xff", 1)
@example(f"{HEADER}\nU00001,1,ユ".encode()[:-1], 1)
def test_broken_files(pipeline: Pipeline, database: psycopg.Connection, data: bytes, block: int) -> None:
    agrees_with_model(pipeline, database, data, chunk_size=10, block=max(block, len(data) // 50))


@examples(10)
@given(long_files, st.integers(1, 3), st.sampled_from([4093, 65_536, 65_537, 2**20]))
def test_files_with_records_of_64_kib(
    pipeline: Pipeline, database: psycopg.Connection, data: bytes, chunk_size: int, block: int
) -> None:
    agrees_with_model(pipeline, database, data, chunk_size=chunk_size, block=block)
