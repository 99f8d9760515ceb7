"""The audit trail: in the order of time, one end of each step, and nothing about single records."""

import pytest
from csv_pipeline.errors import EventError

from tests.system_under_test.conftest import NewUsers
from tests.system_under_test.pipeline import Pipeline, Run
from tests.system_under_test.stores import audit_trail, job


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


def test_an_event_of_another_kind_is_named(pipeline: Pipeline) -> None:
    upload, run = {"bucket": "b", "key": "k", "version_id": "v"}, Run()
    with pytest.raises(EventError, match="records_total: Field required"):
        pipeline.step("csv-merge", upload, run)
    with pytest.raises(EventError, match="no step 'csv-magic'"):
        pipeline.step("csv-magic", upload, run)
