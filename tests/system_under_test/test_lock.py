"""The job lock: one execution at a time has a version, and only its owner releases it."""

from datetime import UTC, datetime, timedelta

import pytest
from csv_pipeline.errors import LockLostError

from tests.system_under_test.conftest import NewUsers
from tests.system_under_test.pipeline import Pipeline, Run, Upload
from tests.system_under_test.stores import job, lock


def ago(seconds: int) -> Run:
    return Run(started=datetime.now(UTC) - timedelta(seconds=seconds))


@pytest.fixture
def upload(pipeline: Pipeline, new_users: NewUsers) -> Upload:
    return pipeline.upload(f"{user},1,1" for user in new_users(1))


def test_the_late_owner_of_an_expired_lock_does_not_complete(pipeline: Pipeline, upload: Upload) -> None:
    late, next_one = ago(901), Run()
    totals = pipeline.merge(upload, late)
    assert pipeline.merge(upload, next_one) == totals
    with pytest.raises(LockLostError, match="no longer owns the lock"):
        pipeline.step("batch-status-update", upload, late, totals=totals)
    assert job(pipeline, late)["status"] == "RUNNING"
    pipeline.fail(upload, late, "LockLostError")
    assert job(pipeline, late).items() >= {"status": "FAILED", "error": "LockLostError"}.items()
    assert lock(pipeline, upload) == [(next_one.arn, "held")]
    pipeline.step("batch-status-update", upload, next_one, totals=totals)
    pipeline.fail(upload, late)
    assert lock(pipeline, upload) == [(next_one.arn, "done")]


def test_an_expired_lock_that_nobody_took_is_still_its_owner_s(pipeline: Pipeline, upload: Upload) -> None:
    first, again = ago(1000), Run()
    totals = pipeline.run(upload, first)
    assert lock(pipeline, upload) == [(first.arn, "done")]
    assert pipeline.run(upload, again) == totals
    assert lock(pipeline, upload) == [(again.arn, "done")]
    assert job(pipeline, first)["status"] == job(pipeline, again)["status"] == "COMPLETED"
