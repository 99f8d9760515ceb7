"""The audit trail: in the order of time, one end of each step, and nothing about single records."""

import re

import pytest
from csv_pipeline.errors import EventError

from tests.system_under_test.conftest import Log, NewUsers
from tests.system_under_test.pipeline import Pipeline, Run
from tests.system_under_test.stores import audit_trail, file_id, items, job


def test_the_audit_trail_is_in_the_order_of_time(pipeline: Pipeline, new_users: NewUsers) -> None:
    upload, run = pipeline.upload(f"{user},1,1" for user in new_users(11)), Run()
    pipeline.run(upload, run)
    keys = [entry["timestamp"] for entry in audit_trail(pipeline, run)]
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
    assert all(re.fullmatch(rf"{moment}#[a-z-]+#(\d+|-)#0", key) for key in keys)
    assert [key.split("#")[2] for key in keys if "#csv-chunk-processing#" in key] == ["1", "1", "2", "2"]
    assert len(set(keys)) == len(keys) == 12


def test_the_first_of_two_entries_of_one_moment_stands(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("csv_pipeline.audit.iso", lambda _: "2025-08-07T00:00:00.000000Z")
    upload, run = pipeline.upload([]), Run()
    pipeline.step("csv-validation", upload, run)
    assert [entry["phase"] for entry in audit_trail(pipeline, run)] == ["start"]


def test_attempts_at_one_step_record_one_end(pipeline: Pipeline, new_users: NewUsers) -> None:
    upload, run = pipeline.upload(f"{user},1,1" for user in new_users(11)), Run()
    pipeline.plan(upload, run)
    for chunk, attempt in ((1, 0), (1, 1), (2, 1)):
        pipeline.step("csv-chunk-processing", upload, run, attempt, chunk=chunk)
    cause = '{"errorMessage": "Task timed out after 300.00 seconds"}'
    for attempt in (0, 1):
        pipeline.step("error-handling", upload, run, attempt, error="Sandbox.Timedout", cause=cause)
    entries = [(i.get("chunk"), i["attempt"], i["phase"]) for i in audit_trail(pipeline, run)[4:]]
    starts, ends = ([e for e in entries if (e[2] == "start") is wanted] for wanted in (True, False))
    assert [start[:2] for start in starts] == [("1", "0"), ("1", "1"), ("2", "1"), (None, "0"), (None, "1")]
    assert ends == [("1", "0", "completion"), ("2", "1", "completion"), (None, "0", "error")]
    facts = {"status": "FAILED", "error": "Sandbox.Timedout", "cause": "Task timed out after 300.00 seconds"}
    assert job(pipeline, run).items() >= (facts | {"records_applied": "11", "records_rejected": "0"}).items()


def test_rejections_are_logged_once_a_reason_and_single_records_are_not_in_dynamodb(
    pipeline: Pipeline, new_users: NewUsers, log: Log
) -> None:
    good, user = new_users(2)
    upload, run = pipeline.upload([*[f"{good},1,1"] * 36, f"{user},bad,1", "x,1,1", "U999999999,1,1"]), Run()
    with pipeline.configured(ERROR_TOLERANCE_PERCENT="10", CHUNK_SIZE="100"):
        pipeline.run(upload, run)
    errors = [(line["chunk"], line["message"], line["count"]) for line in log() if line["level"] == "ERROR"]
    assert errors == [
        (1, "UserNotFoundError: 1 records rejected", 1),
        (1, "ValidationError: 2 records rejected", 2),
    ]
    stored = [*audit_trail(pipeline, run), job(pipeline, run)]
    stored += items(pipeline, "processing-metadata", file_id=file_id(upload))
    assert [item for item in stored if user in str(item) or good in str(item)] == []


def test_an_event_of_another_kind_is_named(pipeline: Pipeline) -> None:
    upload, run = {"bucket": "b", "key": "k", "version_id": "v"}, Run()
    with pytest.raises(EventError, match="records_total: Field required"):
        pipeline.step("csv-merge", upload, run)
    with pytest.raises(EventError, match="no step 'csv-magic'"):
        pipeline.step("csv-magic", upload, run)
