"""How a job ends: everything adds up or it fails, and it fails visibly also where the database is what fails."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from csv_pipeline.database import Database
from csv_pipeline.errors import DatabaseUnavailableError, ProcessingError

from local_aws import LocalAws
from tests.system_under_test.conftest import NewUsers
from tests.system_under_test.environment import client_of
from tests.system_under_test.pipeline import Pipeline, Run
from tests.system_under_test.stores import (
    all_sessions_closed,
    audit_trail,
    job,
    lock,
    sessions,
    statistics,
)


@contextmanager
def nobody_let_in(aws: LocalAws) -> Iterator[None]:
    with psycopg.connect(aws.database_url, dbname="postgres", autocommit=True) as beside:
        beside.execute("ALTER DATABASE csvbatch ALLOW_CONNECTIONS false")
        try:
            yield
        finally:
            beside.execute("ALTER DATABASE csvbatch ALLOW_CONNECTIONS true")


@contextmanager
def secret_gone(aws: LocalAws, pipeline: Pipeline) -> Iterator[None]:
    settings = pipeline.services.settings.model_copy(
        update={"aurora_secret_arn": pipeline.services.settings.aurora_secret_arn + "-gone"}
    )
    with pipeline.talking_to(database=Database(settings, client_of(aws, "secretsmanager"))):
        yield


@pytest.mark.parametrize("fault", ["nobody let in", "secret gone"])
def test_a_job_fails_visibly_and_frees_its_file_without_the_database(
    aws: LocalAws, pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers, fault: str
) -> None:
    users, run = new_users(11), Run()
    upload = pipeline.upload(f"{user},1,1" for user in users)
    pipeline.plan(upload, run)
    pipeline.chunk(upload, run, 1)
    expected, name = {
        "nobody let in": (DatabaseUnavailableError, "DatabaseUnavailableError"),
        "secret gone": (Exception, "ResourceNotFoundException"),
    }[fault]
    with nobody_let_in(aws) if fault == "nobody let in" else secret_gone(aws, pipeline):
        with pytest.raises(expected) as error:
            pipeline.step("csv-chunk-processing", upload, run, chunk=2)
        assert type(error.value).__name__ == name
        pipeline.fail(upload, run, name, str(error.value))
    assert job(pipeline, run).items() >= {"status": "FAILED", "error": name, "cause": str(error.value)}.items()
    assert "records_applied" not in job(pipeline, run)
    assert lock(pipeline, upload) == []
    assert pipeline.run(upload)["records_applied"] == 11
    assert statistics(database, users) == dict.fromkeys(users, (1, 1))


def test_after_an_error_the_file_can_be_started_again(pipeline: Pipeline, new_users: NewUsers) -> None:
    upload, run = pipeline.upload(f"{user},1,1" for user in new_users(25)), Run()
    pipeline.plan(upload, run)
    pipeline.step("csv-chunk-processing", upload, run, chunk=2)
    pipeline.fail(upload, run, "Sandbox.Timedout", '{"errorMessage": "Task timed out after 300.00 seconds"}')
    facts = {"status": "FAILED", "error": "Sandbox.Timedout", "cause": "Task timed out after 300.00 seconds"}
    counts = {"records_applied": "10", "records_rejected": "0"}
    assert job(pipeline, run).items() >= (facts | counts).items()
    assert lock(pipeline, upload) == []
    assert pipeline.run(upload)["records_applied"] == 25


def test_a_merge_before_the_last_chunk_does_not_add_up(pipeline: Pipeline, new_users: NewUsers) -> None:
    upload, run = pipeline.upload(f"{user},1,1" for user in new_users(11)), Run()
    pipeline.plan(upload, run)
    pipeline.step("csv-chunk-processing", upload, run, chunk=1)
    with pytest.raises(ProcessingError, match="only 1 of 2 chunks are done"):
        pipeline.step("csv-merge", upload, run, records_total=11)


@pytest.mark.parametrize(
    ("records_total", "change", "why"),
    [
        (21, "", "21 in the file, 20 in the plan, 19 applied and 1 rejected, 1 of them kept"),
        (20, "DELETE FROM rejected_records WHERE version_id = %s", "19 applied and 1 rejected, 0 of them kept"),
        (20, "DELETE FROM chunk_plan WHERE chunk = 2 AND version_id = %s", "20 in the file, 10 in the plan"),
    ],
    ids=["another count in the file", "a rejected record lost", "a chunk lost"],
)
def test_a_sum_that_is_wrong_fails_the_merge(
    pipeline: Pipeline,
    database: psycopg.Connection,
    new_users: NewUsers,
    records_total: int,
    change: str,
    why: str,
) -> None:
    (user,), run = new_users(1), Run()
    upload = pipeline.upload(["x,1,1", *[f"{user},1,1"] * 19])
    pipeline.merge(upload, run)
    if change:
        database.execute(change.encode(), [upload["version_id"]])
    with pytest.raises(ProcessingError, match=f"do not add up: .*{why}"):
        pipeline.step("csv-merge", upload, run, records_total=records_total)


def test_what_a_second_attempt_does_again_is_in_the_audit_trail_once(pipeline: Pipeline, new_users: NewUsers) -> None:
    upload, run = pipeline.upload(f"{user},1,1" for user in new_users(11)), Run()
    pipeline.plan(upload, run)
    for chunk, attempt in ((1, 0), (1, 1), (2, 1)):
        pipeline.step("csv-chunk-processing", upload, run, attempt, chunk=chunk)
    for attempt in (0, 1):
        pipeline.step("error-handling", upload, run, attempt, error="ProcessingError", cause="because")
    entries = [(i.get("chunk"), i["attempt"], i["phase"]) for i in audit_trail(pipeline, run)[4:]]
    starts, ends = ([e for e in entries if (e[2] == "start") is wanted] for wanted in (True, False))
    assert [start[:2] for start in starts] == [("1", "0"), ("1", "1"), ("2", "1"), (None, "0"), (None, "1")]
    assert ends == [("1", "0", "completion"), ("2", "1", "completion"), (None, "0", "error")]


@pytest.mark.parametrize("records", [["{},1,1"], ["x,1,1"]], ids=["well", "badly"])
def test_no_session_stays_open(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers, records: list[str]
) -> None:
    upload, run = pipeline.upload(record.format(*new_users(1)) for record in records), Run()
    try:
        pipeline.run(upload, run)
    except ProcessingError:
        pipeline.fail(upload, run)
    all_sessions_closed(database)
    assert sessions(database) == []
