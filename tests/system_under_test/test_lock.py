"""The job lock: one execution at a time has a version, and only its owner gives it back."""

from datetime import UTC, datetime, timedelta

import pytest
from csv_pipeline.errors import LockLostError

from tests.system_under_test.conftest import Log, NewUsers
from tests.system_under_test.pipeline import Pipeline, Run, Upload
from tests.system_under_test.stores import audit_trail, file_id, items, job, lock


def seconds_ago(seconds: int) -> Run:
    return Run(started=datetime.now(UTC) - timedelta(seconds=seconds))


@pytest.fixture
def upload(pipeline: Pipeline, new_users: NewUsers) -> Upload:
    return pipeline.upload(f"{user},1,1" for user in new_users(1))


def test_a_duplicate_names_the_execution_that_has_the_file(pipeline: Pipeline, upload: Upload, log: Log) -> None:
    first, while_running, afterwards = Run(), Run(), Run()
    pipeline.step("csv-validation", upload, first)
    assert pipeline.step("csv-validation", upload, while_running) == {"duplicate_of": first.arn}
    assert "duplicate_of" not in pipeline.step("csv-validation", upload, first)
    pipeline.run(upload, first)
    assert pipeline.step("csv-validation", upload, afterwards) == {"duplicate_of": first.arn}
    assert {line["level"] for line in log()} == {"INFO"}


def test_a_duplicate_writes_its_own_audit_entries_and_nothing_else(pipeline: Pipeline, upload: Upload) -> None:
    first, duplicate = Run(), Run()
    pipeline.run(upload, first)
    before = items(pipeline, "processing-metadata", file_id=file_id(upload))
    pipeline.step("csv-validation", upload, duplicate)
    start, end = audit_trail(pipeline, duplicate)
    assert (start["phase"], end["phase"], end["duplicate_of"]) == ("start", "completion", first.arn)
    assert items(pipeline, "batch-jobs", job_id=duplicate.name) == []
    assert items(pipeline, "processing-metadata", file_id=file_id(upload)) == before
    assert lock(pipeline, upload) == [(first.arn, "done")]


def test_it_lasts_for_as_long_as_an_execution_may_take(pipeline: Pipeline, upload: Upload) -> None:
    running = seconds_ago(840)
    pipeline.step("csv-validation", upload, running)
    assert pipeline.step("csv-validation", upload, Run()) == {"duplicate_of": running.arn}


def test_an_expired_one_is_anyone_s_and_its_late_owner_does_not_complete(pipeline: Pipeline, upload: Upload) -> None:
    late, next_one = seconds_ago(901), Run()
    totals = pipeline.merge(upload, late)
    assert lock(pipeline, upload) == [(late.arn, "held")]
    assert pipeline.merge(upload, next_one) == totals
    with pytest.raises(LockLostError, match="no longer owns the lock"):
        pipeline.step("batch-status-update", upload, late, totals=totals)
    assert job(pipeline, late)["status"] == "RUNNING"
    pipeline.fail(upload, late, "LockLostError")
    assert job(pipeline, late).items() >= {"status": "FAILED", "error": "LockLostError"}.items()
    assert lock(pipeline, upload) == [(next_one.arn, "held")]
    pipeline.step("batch-status-update", upload, next_one, totals=totals)
    assert lock(pipeline, upload) == [(next_one.arn, "done")]


def test_an_expired_one_nobody_wanted_is_still_its_owner_s(pipeline: Pipeline, upload: Upload) -> None:
    late = seconds_ago(1000)
    assert pipeline.run(upload, late)["records_applied"] == 1
    assert lock(pipeline, upload) == [(late.arn, "done")]
    assert job(pipeline, late)["status"] == "COMPLETED"


def test_done_it_is_not_given_back_by_whoever_fails_late(pipeline: Pipeline, upload: Upload) -> None:
    first, late = Run(), Run()
    pipeline.run(upload, first)
    pipeline.fail(upload, late)
    assert lock(pipeline, upload) == [(first.arn, "done")]
    assert job(pipeline, first)["status"] == "COMPLETED"


def test_a_completed_job_s_lock_frees_the_file_once_it_expires(pipeline: Pipeline, upload: Upload) -> None:
    first, again = seconds_ago(901), Run()
    totals = pipeline.run(upload, first)
    assert pipeline.run(upload, again) == totals
    assert lock(pipeline, upload) == [(again.arn, "done")]
    assert job(pipeline, first)["status"] == job(pipeline, again)["status"] == "COMPLETED"


def test_each_version_has_its_own(pipeline: Pipeline) -> None:
    uploads = [pipeline.upload([], key="incoming/same.csv") for _ in range(2)]
    for upload in uploads:
        assert "duplicate_of" not in pipeline.step("csv-validation", upload, Run())
