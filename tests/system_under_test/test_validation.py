"""What holds for a file as a whole: what keeps the rules is applied, what breaks one says why and touches nothing."""

import psycopg
import pytest
from csv_pipeline.errors import ObjectGoneError, ProcessingError, ValidationError
from validation import MAX_FILE_BYTES, check_name_and_size, within

from tests.system_under_test.conftest import NewUsers
from tests.system_under_test.pipeline import HEADER, Pipeline, Run
from tests.system_under_test.stores import job, lock, planned, rejected


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "the header is ''"),
        (b"a,b,c\nU00001,1,1\n", "the header is 'a,b,c'"),
        (f"{HEADER},x\n".encode(), "the header is"),
        (f"{HEADER}\nU00001,1,1\n".encode("shift_jis"), "byte 0 of the file is not UTF-8"),
        (f"\ufeff\ufeff{HEADER}\n".encode(), r"column 1 has U\+FEFF .* where U\+30E6"),
        (f"{HEADER[:-1]}\n".encode(), r"column 3 has its end where U\+6570"),
        (f"{HEADER}\u3000\n".encode(), r"column 3 has U\+3000 \(IDEOGRAPHIC SPACE\) where its end is wanted"),
        (f"{HEADER}\r\r\n".encode(), r"column 3 has U\+000D \(unnamed\) where its end is wanted"),
        (HEADER.replace("グ", "ク\u3099").encode(), r"column 2 has U\+30AF .* U\+3099 .* where U\+30B0"),
        (f"{HEADER}\rU00001,1,1\rU00002,1,1\r".encode(), "the file ends its lines with CR, from line 1 on"),
        (f"{HEADER}\r".encode() + b"U00001,1,1\r" * 10_000, "the file ends its lines with CR, from line 1 on"),
        (f"{HEADER}\n".encode("utf-16"), "byte 0 of the file is not UTF-8"),
        (f"{HEADER}\n".encode() + b"U00001,\xe3\x83", "byte 54 of the file is not UTF-8"),
        (f'{HEADER}\nU00001,1,"1'.encode(), "line 2 opens a quote that the file never closes"),
        (f"{HEADER}\n{'x' * 65537}\n".encode(), "line 2 is longer than 65536 bytes"),
    ],
)
def test_an_invalid_file_says_why_and_leaves_aurora_untouched(
    pipeline: Pipeline, database: psycopg.Connection, body: bytes, why: str
) -> None:
    upload, run = pipeline.upload_bytes(body), Run()
    with pytest.raises(ValidationError, match=why) as invalid:
        pipeline.run(upload, run)
    pipeline.fail(upload, run, "ValidationError", str(invalid.value))
    assert job(pipeline, run).items() >= {"status": "FAILED", "error": "ValidationError"}.items()
    assert lock(pipeline, upload) == []
    assert (planned(database, upload), rejected(database, upload)) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        f"{HEADER}\n",
        f"\ufeff{HEADER}\r\n{{0}},1,1\r\n{{0}},1,1",
        f'\ufeff"{HEADER.replace(",", chr(34) + "," + chr(34))}"\n\n{{0}},1,1\n',
        f"\n{HEADER}\n{{0}},1,1",
    ],
    ids=["header only", "BOM, CRLF, no final newline", "BOM and quotes", "blank lines"],
)
def test_a_valid_file_is_applied_whole(pipeline: Pipeline, new_users: NewUsers, body: str) -> None:
    totals = pipeline.run(pipeline.upload_bytes(body.format(*new_users(1)).encode()))
    assert totals["records_applied"] == totals["records_total"] == body.count("{0}")


def test_what_the_rule_should_have_kept_out_is_invalid(pipeline: Pipeline) -> None:
    check_name_and_size("incoming/a/b c.csv", MAX_FILE_BYTES)
    with pytest.raises(ValidationError, match="104857601 bytes; 104857600 are allowed"):
        check_name_and_size("incoming/a.csv", MAX_FILE_BYTES + 1)
    for key in ("incoming/a.CSV", "incoming/a.csv.gz", "results/v/rejected.csv", "x/incoming/a.csv"):
        with pytest.raises(ValidationError, match="is not incoming"):
            pipeline.plan(pipeline.upload([], key=key), Run())


def test_a_validation_that_takes_too_long_is_no_fault_of_the_file() -> None:
    assert list(within(60, [b"a", b"b"])) == [b"a", b"b"]
    with pytest.raises(ProcessingError, match=r"longer than VALIDATION_TIMEOUT_SECONDS \(0\)"):
        list(within(0, [b"a"]))


@pytest.mark.parametrize("step", ["csv-validation", "csv-split"])
def test_a_version_deleted_before_it_was_split_is_named(pipeline: Pipeline, step: str) -> None:
    upload = pipeline.upload([])
    pipeline.s3.delete_object(Bucket=upload["bucket"], Key=upload["key"], VersionId=upload["version_id"])
    with pytest.raises(ObjectGoneError, match="no longer exists; upload the file again"):
        pipeline.step(step, upload, Run(), **({"records_total": 0} if step == "csv-split" else {}))
