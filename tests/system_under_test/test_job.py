"""A job from its lock to its end: duplicates, invalid files, results, tolerance, the way out of an error."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from csv_pipeline.errors import EventError, LockLostError, ProcessingError, ValidationError

from tests.system_under_test.pipeline import HEADER, Pipeline, Run, Upload

NewUsers = Callable[[int], list[str]]
Log = Callable[[], list[dict[str, Any]]]


def file_id(upload: Upload) -> str:
    return "{bucket}/{key}#{version_id}".format(**upload)


def lock(pipeline: Pipeline, upload: Upload) -> list[tuple[str, str]]:
    return [(item["owner"], item["state"]) for item in pipeline.items("job-locks", lock_key=file_id(upload))]


def job(pipeline: Pipeline, run: Run) -> dict[str, str]:
    (item,) = pipeline.items("batch-jobs", job_id=run.name)
    return item


def fail(pipeline: Pipeline, upload: Upload, run: Run, error: str = "ProcessingError", cause: str = "because") -> None:
    pipeline.step("error-handling", upload, run, error=error, cause=cause)


def test_a_clean_run_leaves_its_facts_everywhere(pipeline: Pipeline, new_users: NewUsers, log: Log) -> None:
    upload, run = pipeline.upload(f"{user},1,1" for user in new_users(25)), Run()
    totals = {"records_total": 25, "records_applied": 25, "records_rejected": 0}
    assert pipeline.run(upload, run).items() >= totals.items()
    assert (
        job(pipeline, run).items() >= {"status": "COMPLETED", "execution_id": run.arn, "records_applied": "25"}.items()
    )
    assert lock(pipeline, upload) == [(run.arn, "done")]
    stages = {i["processing_stage"] for i in pipeline.items("processing-metadata", file_id=file_id(upload))}
    assert stages == {"csv-validation", "csv-split", "csv-merge"}
    ends = [(i["step"], i.get("chunk"), i["phase"]) for i in pipeline.items("audit-logs", execution_id=run.arn)]
    steps = [("csv-validation", None), ("csv-split", None), *(("csv-chunk-processing", c) for c in "123")]
    steps += [("csv-merge", None), ("batch-status-update", None)]
    assert ends == [(*step, phase) for step in steps for phase in ("start", "completion")]
    assert {line["level"] for line in log()} == {"INFO"}
    assert {line["execution_id"] for line in log()} == {run.arn}
    succeeded = [line for line in log() if line["message"] == "EVENT_PROCESSED_SUCCESSFULLY"]
    assert [(line["event_type"], line.get("chunk")) for line in succeeded] == [
        (step, chunk and int(chunk)) for step, chunk in steps
    ]
    assert log()[-2]["message"] == "processing completed successfully"


def test_a_duplicate_names_the_execution_that_has_the_file(pipeline: Pipeline, new_users: NewUsers) -> None:
    upload, first = pipeline.upload(f"{user},1,1" for user in new_users(1)), Run()
    pipeline.step("csv-validation", upload, first)
    assert pipeline.step("csv-validation", upload, Run()) == {"duplicate_of": first.arn}
    assert "duplicate_of" not in pipeline.step("csv-validation", upload, first)
    pipeline.run(upload, first)
    assert pipeline.step("csv-validation", upload, Run()) == {"duplicate_of": first.arn}


def test_an_expired_lock_is_anyone_s_and_its_late_owner_does_not_complete(
    pipeline: Pipeline, new_users: NewUsers
) -> None:
    upload = pipeline.upload(f"{user},1,1" for user in new_users(1))
    late, next_one = Run(started=datetime.now(UTC) - timedelta(seconds=901)), Run()
    totals = pipeline.merge(upload, late)
    assert pipeline.merge(upload, next_one) == totals
    with pytest.raises(LockLostError, match="no longer owns the lock"):
        pipeline.step("batch-status-update", upload, late, totals=totals)
    assert job(pipeline, late)["status"] == "RUNNING"
    fail(pipeline, upload, late)
    assert job(pipeline, late)["status"] == "FAILED"
    assert lock(pipeline, upload) == [(next_one.arn, "held")]


def test_after_an_error_the_file_can_be_started_again(pipeline: Pipeline, new_users: NewUsers) -> None:
    upload, run = pipeline.upload(f"{user},1,1" for user in new_users(25)), Run()
    pipeline.plan(upload, run)
    pipeline.step("csv-chunk-processing", upload, run, chunk=2)
    fail(pipeline, upload, run, "Sandbox.Timedout", '{"errorMessage": "Task timed out after 300.00 seconds"}')
    assert (
        job(pipeline, run).items()
        >= {
            "status": "FAILED",
            "error": "Sandbox.Timedout",
            "cause": "Task timed out after 300.00 seconds",
            "records_applied": "10",
            "records_rejected": "0",
        }.items()
    )
    assert lock(pipeline, upload) == []
    assert pipeline.run(upload)["records_applied"] == 25


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "the header is ''"),
        (b"a,b,c\nU00001,1,1\n", "the header is 'a,b,c'"),
        (f"{HEADER},x\n".encode(), "the header is"),
        (f"{HEADER}\nU00001,1,1\n".encode("shift_jis"), "byte 0 of the file is not UTF-8"),
        (f"{HEADER}\n".encode("utf-16"), "byte 0 of the file is not UTF-8"),
        (f"{HEADER}\n".encode() + b"U00001,\xe3\x83", "byte 54 of the file is not UTF-8"),
        (f'{HEADER}\nU00001,1,"1\n'.encode(), "begins on line 2 opens a quote"),
        (f"{HEADER}\n{'x' * 65537}\n".encode(), "line 2 is longer than 65536 bytes"),
    ],
)
def test_an_invalid_file_says_why(pipeline: Pipeline, body: bytes, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        pipeline.step("csv-validation", pipeline.upload_bytes(body), Run())


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


def test_five_percent_of_rejected_records_are_tolerated(pipeline: Pipeline, new_users: NewUsers) -> None:
    good = [f"{user},1,1" for user in new_users(19)]
    upload = pipeline.upload([*good, '"x\n",1,1'])
    assert pipeline.run(upload)["records_rejected"] == 1
    assert pipeline.result(upload, "rejected.csv") == f'{HEADER}\n"x\n",1,1\n'
    assert pipeline.result(upload, "rejections.csv") == 'line_number,user_id,reason\n21,"x\n",ValidationError\n'


def test_more_fail_the_job_with_what_dominated_and_stay_final(
    pipeline: Pipeline, new_users: NewUsers, log: Log
) -> None:
    upload, run = pipeline.upload([f"{new_users(1)[0]},1,1", "U999999999,1,1", "U999999999,2,2", "x,1,1"]), Run()
    with pytest.raises(ProcessingError, match=r"3 of 4 records .*: 2 of 4 UserNotFoundError"):
        pipeline.merge(upload, run)
    errors = [line["message"] for line in log() if line["level"] == "ERROR"]
    assert errors[:2] == ["UserNotFoundError: 2 records rejected", "ValidationError: 1 records rejected"]
    assert (
        pipeline.items("audit-logs", execution_id=run.arn)[-1].items()
        >= {
            "phase": "error",
            "step": "csv-merge",
            "error": "ProcessingError",
        }.items()
    )
    fail(pipeline, upload, run)
    with pytest.raises(ProcessingError, match="3 of 4"):
        pipeline.merge(upload, Run())


def test_what_was_rejected_is_corrected_and_uploaded_alone(pipeline: Pipeline, new_users: NewUsers) -> None:
    users = new_users(30)
    upload = pipeline.upload([*(f"{user},1,1" for user in users[:29]), f"{users[29]},one,1"])
    pipeline.run(upload)
    corrected = pipeline.result(upload, "rejected.csv").replace("one", "1")
    assert pipeline.run(pipeline.upload_bytes(corrected.encode()))["records_applied"] == 1


def test_a_second_attempt_after_a_lost_answer_adds_no_second_completion(
    pipeline: Pipeline, new_users: NewUsers
) -> None:
    upload, run = pipeline.upload(f"{user},1,1" for user in new_users(11)), Run()
    pipeline.plan(upload, run)
    for chunk, attempt in ((1, 0), (1, 1), (2, 1)):
        pipeline.step("csv-chunk-processing", upload, run, attempt, chunk=chunk)
    entries = [i for i in pipeline.items("audit-logs", execution_id=run.arn) if "chunk" in i]
    assert [(i["chunk"], i["attempt"]) for i in entries if i["phase"] == "start"] == [
        ("1", "0"),
        ("1", "1"),
        ("2", "1"),
    ]
    assert [(i["chunk"], i["attempt"]) for i in entries if i["phase"] == "completion"] == [("1", "0"), ("2", "1")]


def test_a_merge_before_the_last_chunk_does_not_add_up(pipeline: Pipeline, new_users: NewUsers) -> None:
    upload, run = pipeline.upload(f"{user},1,1" for user in new_users(11)), Run()
    pipeline.plan(upload, run)
    pipeline.step("csv-chunk-processing", upload, run, chunk=1)
    with pytest.raises(ProcessingError, match="only 1 of 2 chunks are done"):
        pipeline.step("csv-merge", upload, run, records_total=11)


def test_an_event_of_another_kind_is_named_as_that(pipeline: Pipeline) -> None:
    upload, run = {"bucket": "b", "key": "k", "version_id": "v"}, Run()
    with pytest.raises(EventError, match="records_total: Field required"):
        pipeline.step("csv-merge", upload, run)
    with pytest.raises(EventError, match="no step 'csv-magic'"):
        pipeline.step("csv-magic", upload, run)


def test_no_session_stays_open(pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers) -> None:
    pipeline.run(pipeline.upload(f"{user},1,1" for user in new_users(1)))
    left = "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'csv-%'"
    assert database.execute(left).fetchall() == []
