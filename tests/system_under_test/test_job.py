"""A job from its lock to its end: what it leaves in every store and in the log."""

import itertools
import json
import re
from typing import Any

import psycopg
import pytest
from csv_pipeline.errors import EventError, ProcessingError

from tests.system_under_test.conftest import Log, NewUsers
from tests.system_under_test.pipeline import Pipeline, Run
from tests.system_under_test.stores import audit_trail, file_id, items, job, lock, statistics

STEPS = [("csv-validation", None), ("csv-split", None), *(("csv-chunk-processing", chunk) for chunk in "123")]
STEPS += [("csv-merge", None), ("batch-status-update", None)]


def test_a_clean_run_leaves_its_facts_everywhere(pipeline: Pipeline, new_users: NewUsers, log: Log) -> None:
    upload, run = pipeline.upload(f"{user},1,1" for user in new_users(25)), Run()
    totals = {"records_total": 25, "records_applied": 25, "records_rejected": 0}
    assert pipeline.run(upload, run).items() >= totals.items()
    facts = {"status": "COMPLETED", "execution_id": run.arn, "records_applied": "25"}
    assert job(pipeline, run).items() >= facts.items()
    assert job(pipeline, run)["created_at"] == run.started.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert lock(pipeline, upload) == [(run.arn, "done")]
    stages = {i["processing_stage"] for i in items(pipeline, "processing-metadata", file_id=file_id(upload))}
    assert stages == {"csv-validation", "csv-split", "csv-merge"}
    ends = [(i["step"], i.get("chunk"), i["phase"]) for i in audit_trail(pipeline, run)]
    assert ends == [(*step, phase) for step in STEPS for phase in ("start", "completion")]
    assert {line["level"] for line in log()} == {"INFO"}
    assert {line["execution_id"] for line in log()} == {run.arn}
    succeeded = [line for line in log() if line["message"] == "EVENT_PROCESSED_SUCCESSFULLY"]
    assert [(line["event_type"], line.get("chunk")) for line in succeeded] == [
        (step, chunk and int(chunk)) for step, chunk in STEPS
    ]
    assert log()[-2]["message"] == "processing completed successfully"


def test_the_audit_trail_is_in_the_order_of_time(pipeline: Pipeline, new_users: NewUsers) -> None:
    upload, run = pipeline.upload(f"{user},1,1" for user in new_users(11)), Run()
    pipeline.run(upload, run)
    keys = [entry["timestamp"] for entry in audit_trail(pipeline, run)]
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
    assert all(re.fullmatch(rf"{moment}#[a-z-]+#(\d+|-)#0", key) for key in keys)
    assert [key.split("#")[2] for key in keys if "#csv-chunk-processing#" in key] == ["1", "1", "2", "2"]
    assert len(set(keys)) == len(keys) == 12


def test_of_two_entries_of_one_moment_the_first_stands(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("csv_pipeline.audit.iso", lambda _: "2025-08-07T00:00:00.000000Z")
    upload, run = pipeline.upload([]), Run()
    pipeline.step("csv-validation", upload, run)
    assert [entry["phase"] for entry in audit_trail(pipeline, run)] == ["start"]


# What people and alarms search logs for, whatever the line means by it.
ALARMING = re.compile(r"ERROR|WARN|FATAL|[A-Z][a-z]+Error\b|Exception|Traceback")


def test_no_line_of_a_clean_run_looks_like_an_error(
    pipeline: Pipeline, new_users: NewUsers, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.run(pipeline.upload(f"{user},1,1" for user in new_users(1)))
    lines = [json.dumps(line) for line in log()] + capsys.readouterr().out.splitlines()
    assert len(lines) > 10
    assert [line for line in lines if ALARMING.search(line)] == []
    with pytest.raises(ProcessingError):
        pipeline.run(pipeline.upload(["x,1,1"]))
    assert any(ALARMING.search(json.dumps(line)) for line in log())


def test_rejections_are_logged_once_a_chunk_and_reason(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers, log: Log
) -> None:
    good, inactive = new_users(2)
    database.execute("UPDATE users SET is_active = false WHERE user_id = %s", [inactive])
    bad = [f"{inactive},1,1", "x,1,1", "y,1,1", f"{inactive},2,2", "U999999999,1,1"]
    upload, run = pipeline.upload([*bad, *[f"{good},1,1"] * 7, "z,1,1"]), Run()
    for chunk in pipeline.plan(upload, run):
        pipeline.step("csv-chunk-processing", upload, run, chunk=chunk)
    errors = [(line["chunk"], line["message"], line["count"]) for line in log() if line["level"] == "ERROR"]
    assert errors == [
        (1, "UserInactiveError: 2 records rejected", 2),
        (1, "UserNotFoundError: 1 records rejected", 1),
        (1, "ValidationError: 2 records rejected", 2),
        (2, "ValidationError: 1 records rejected", 1),
    ]


def test_fates_of_single_records_are_not_in_dynamodb(pipeline: Pipeline, new_users: NewUsers) -> None:
    good, user = new_users(2)
    upload, run = pipeline.upload([*[f"{good},1,1"] * 19, f"{user},bad,1"]), Run()
    pipeline.run(upload, run)
    stored = [*audit_trail(pipeline, run), job(pipeline, run)]
    stored += items(pipeline, "processing-metadata", file_id=file_id(upload))
    assert not [item for item in stored if user in str(item) or good in str(item)]
    assert job(pipeline, run)["records_rejected"] == "1"


def test_every_write_to_dynamodb_may_arrive_twice(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    """The answer to each write is lost once, so that the SDK sends it again."""
    users, run, failing = new_users(11), Run(), Run()
    upload, other = (pipeline.upload(f"{user},1,1" for user in users) for _ in range(2))
    sent = itertools.count()

    def lose_the_first_answer(attempts: int, **_: Any) -> float | None:
        next(sent)
        return 0.0 if attempts == 1 else None

    events = pipeline.services.dynamodb.meta.events
    writes = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
    for write in writes:
        events.register(f"needs-retry.dynamodb.{write}", lose_the_first_answer, unique_id=f"lose-{write}")
    try:
        with pipeline.talking_to(dynamodb=pipeline.services.dynamodb):
            pipeline.run(upload, run)
            pipeline.plan(other, failing)
            pipeline.fail(other, failing)
    finally:
        for write in writes:
            events.unregister(f"needs-retry.dynamodb.{write}", unique_id=f"lose-{write}")
    ends = [(i["step"], i["phase"]) for i in audit_trail(pipeline, run)]
    assert [end for end in ends if end[1] != "completion"] == [(step, "start") for step, _ in ends[::2]]
    assert (len(ends), next(sent) > 2 * len(ends)) == (12, True)
    assert (job(pipeline, run)["status"], job(pipeline, failing)["status"]) == ("COMPLETED", "FAILED")
    assert (lock(pipeline, upload), lock(pipeline, other)) == ([(run.arn, "done")], [])
    assert statistics(database, users) == dict.fromkeys(users, (1, 1))


def test_an_event_of_another_kind_is_named_as_that(pipeline: Pipeline) -> None:
    upload, run = {"bucket": "b", "key": "k", "version_id": "v"}, Run()
    with pytest.raises(EventError, match="records_total: Field required"):
        pipeline.step("csv-merge", upload, run)
    with pytest.raises(EventError, match="no step 'csv-magic'"):
        pipeline.step("csv-magic", upload, run)
