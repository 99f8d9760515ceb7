"""A chunk's records count exactly once, each has one fate, and a version is what was uploaded, whatever came before."""

import psycopg
import pytest
from csv_pipeline.errors import ObjectGoneError, ProcessingError

from tests.system_under_test.conftest import NewUsers
from tests.system_under_test.pipeline import Pipeline, Run
from tests.system_under_test.stores import done, rejected, result, statistics


def test_counts_accumulate_within_a_file_and_over_files(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    (user,) = new_users(1)
    for expected in ((5, 50), (10, 100)):
        pipeline.run(pipeline.upload([f"{user},2,20", f'"{user}",3,30']))
        assert statistics(database, [user]) == {user: expected}


def test_a_redelivered_chunk_changes_nothing_and_answers_the_same(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    users = new_users(3)
    upload, run = pipeline.upload([*(f"{user},1,2" for user in users), "nobody,1,1"]), Run()
    pipeline.plan(upload, run)
    first = pipeline.chunk(upload, run)
    pipeline.s3.delete_object(Bucket=upload["bucket"], Key=upload["key"], VersionId=upload["version_id"])
    assert pipeline.chunk(upload, Run()) == first == (3, 1)
    assert statistics(database, users) == dict.fromkeys(users, (1, 2))
    assert len(rejected(database, upload)) == 1


def test_each_record_has_one_fate_and_a_bad_one_costs_no_good_one(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    good, inactive, deleted = new_users(3)
    database.execute("UPDATE users SET is_active = false WHERE user_id = %s", [inactive])
    database.execute("DELETE FROM users WHERE user_id = %s", [deleted])
    records = [
        f"{good},1,1",
        f"{inactive},1,1",
        f"{deleted},1,1",
        f"{good},-1,1",
        "",
        f'"{good}","2","2"',
        f'"{good},1,1',
        ",,",
        f"{good}\0,1,1",
        f"{good},4,4",
    ]
    upload, run = pipeline.upload(records), Run()
    pipeline.plan(upload, run)
    assert pipeline.chunk(upload, run) == (3, 5)
    assert statistics(database, [good, inactive, deleted]) == {good: (7, 7)}
    assert rejected(database, upload) == [
        (3, inactive, "UserInactiveError", f"{inactive},1,1"),
        (4, deleted, "UserNotFoundError", f"{deleted},1,1"),
        (5, good, "ValidationError", f"{good},-1,1"),
        (8, None, "ValidationError", f'"{good},1,1'),
        (10, f"{good}?", "ValidationError", f"{good}?,1,1"),
    ]


def test_statistics_say_when_and_by_which_execution_they_changed(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    changed, untouched = new_users(2)
    before, after = Run(), Run()
    pipeline.run(pipeline.upload(f"{user},1,1" for user in (changed, untouched)), before)
    database.execute("UPDATE user_statistics SET created_at = 'epoch', updated_at = 'epoch'")
    pipeline.run(pipeline.upload([f"{changed},1,1"]), after)
    rows = database.execute(
        "SELECT user_id, last_execution_id, created_at = 'epoch', updated_at BETWEEN now() - interval '1 min' AND now()"
        " FROM user_statistics WHERE user_id = ANY(%s) ORDER BY 1",
        [[changed, untouched]],
    ).fetchall()
    assert rows == [(changed, after.arn, True, True), (untouched, before.arn, True, False)]


def test_a_change_of_the_chunk_size_meets_the_stored_plan(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    users = new_users(25)
    upload, run = pipeline.upload(f"{user},1,1" for user in users), Run()
    assert pipeline.plan(upload, run) == [1, 2, 3]
    pipeline.chunk(upload, run)
    pipeline.fail(upload, run)
    with pipeline.configured(CHUNK_SIZE="5"):
        assert pipeline.run(upload)["records_applied"] == 25
    assert done(database, upload) == [1, 2, 3]
    assert statistics(database, users) == dict.fromkeys(users, (1, 1))


def test_two_versions_of_a_key_are_two_jobs_however_they_interleave(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    users, first_run, second_run = new_users(15), Run(), Run()
    first = pipeline.upload((f"{user},1,10" for user in users), key="incoming/twice.csv")
    assert pipeline.plan(first, first_run) == [1, 2]
    pipeline.chunk(first, first_run, 1)
    second = pipeline.upload([*(f"{user},2,20" for user in users[:5]), '"x,1,1'], key="incoming/twice.csv")
    with pipeline.configured(ERROR_TOLERANCE_PERCENT="50"):
        assert pipeline.run(second, second_run)["records_rejected"] == 1
    pipeline.s3.delete_object(Bucket=first["bucket"], Key=first["key"])  # a marker: both versions stay
    assert pipeline.run(first, first_run)["records_applied"] == 15
    assert statistics(database, users) == dict.fromkeys(users[:5], (3, 30)) | dict.fromkeys(users[5:], (1, 10))
    assert result(pipeline, first, "rejected.csv").count(b"\n") == 1
    assert result(pipeline, second, "rejected.csv").endswith(b'\n"x,1,1\n')


def test_a_deleted_version_is_named(pipeline: Pipeline, new_users: NewUsers) -> None:
    upload, run = pipeline.upload(f"{user},1,1" for user in new_users(1)), Run()
    pipeline.plan(upload, run)
    pipeline.s3.delete_object(Bucket=upload["bucket"], Key=upload["key"], VersionId=upload["version_id"])
    with pytest.raises(ObjectGoneError, match="no longer exists"):
        pipeline.step("csv-chunk-processing", upload, run, chunk=1)


def test_a_chunk_that_nobody_planned_is_named(pipeline: Pipeline) -> None:
    with pytest.raises(ProcessingError, match=r"chunk 1 of .* is in no plan"):
        pipeline.step("csv-chunk-processing", pipeline.upload([]), Run(), chunk=1)
