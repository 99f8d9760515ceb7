"""How many rejected records a job survives: exactly the tolerated share, and what was applied stays in any case."""

import json

import psycopg
import pytest
from csv_pipeline.errors import ProcessingError

from tests.system_under_test.conftest import Log, NewUsers
from tests.system_under_test.pipeline import HEADER, Pipeline, Run
from tests.system_under_test.stores import audit_trail, job, lock, result, statistics

MOST_TOLERATED = [("5", 100, 5), ("5", 1000, 50), ("0", 100, 0), ("0.5", 1000, 5), ("0.57", 10_000, 57), ("5", 19, 0)]


def records(user: str, total: int, bad: int) -> list[str]:
    return [f"{user},1,2"] * (total - bad) + ["x,1,1"] * bad


@pytest.mark.parametrize(("percent", "total", "bad"), [*MOST_TOLERATED, ("100", 3, 3)])
def test_as_many_as_tolerated_are_survived(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers, percent: str, total: int, bad: int
) -> None:
    (user,), run = new_users(1), Run()
    upload = pipeline.upload(records(user, total, bad))
    with pipeline.configured(ERROR_TOLERANCE_PERCENT=percent, CHUNK_SIZE="10000"):
        pipeline.run(upload, run)
    good = total - bad
    assert statistics(database, [user]) == ({user: (good, 2 * good)} if good else {})
    facts = {"status": "COMPLETED", "records_applied": str(good), "records_rejected": str(bad)}
    assert job(pipeline, run).items() >= facts.items()
    assert result(pipeline, upload, "rejected.csv").decode() == f"{HEADER}\n" + "x,1,1\n" * bad


@pytest.mark.parametrize(("percent", "total", "tolerated"), MOST_TOLERATED)
def test_one_more_fails_the_job_and_leaves_what_was_applied_and_why_not(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers, percent: str, total: int, tolerated: int
) -> None:
    (user,), run, bad = new_users(1), Run(), tolerated + 1
    upload = pipeline.upload(records(user, total, bad))
    with pipeline.configured(ERROR_TOLERANCE_PERCENT=percent, CHUNK_SIZE="10000"):
        why = f"{bad} of {total} records are rejected, more than the {percent} % tolerated"
        with pytest.raises(ProcessingError, match=why) as error:
            pipeline.merge(upload, run)
        pipeline.fail(upload, run, type(error.value).__name__, str(error.value))
    good = total - bad
    assert statistics(database, [user]) == {user: (good, 2 * good)}
    facts = {"status": "FAILED", "error": "ProcessingError", "records_applied": str(good), "records_rejected": str(bad)}
    assert job(pipeline, run).items() >= facts.items()
    assert why in job(pipeline, run)["cause"]
    assert lock(pipeline, upload) == []
    assert result(pipeline, upload, "rejected.csv").decode() == f"{HEADER}\n" + "x,1,1\n" * bad
    summary = json.loads(result(pipeline, upload, "summary.json"))
    assert summary.items() >= {"records_rejected": bad, "reasons": {"ValidationError": bad}}.items()


def test_the_error_says_what_dominated_and_stays_final(pipeline: Pipeline, new_users: NewUsers, log: Log) -> None:
    upload, run = pipeline.upload([f"{new_users(1)[0]},1,1", "U999999999,1,1", "U999999999,2,2", "x,1,1"]), Run()
    with pytest.raises(ProcessingError, match=r"3 of 4 records .*: 2 of 4 UserNotFoundError"):
        pipeline.merge(upload, run)
    errors = [line["message"] for line in log() if line["level"] == "ERROR"]
    assert errors[:2] == ["UserNotFoundError: 2 records rejected", "ValidationError: 1 records rejected"]
    error = {"phase": "error", "step": "csv-merge", "error": "ProcessingError"}
    assert audit_trail(pipeline, run)[-1].items() >= error.items()
    pipeline.fail(upload, run)
    with pytest.raises(ProcessingError, match="3 of 4"):
        pipeline.merge(upload, Run())
