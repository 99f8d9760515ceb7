"""A transaction that somebody else breaks: it starts again where that helps, and where not nothing of it counts."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from csv_pipeline.errors import DatabaseUnavailableError
from psycopg import errors

from tests.system_under_test.conftest import Log, NewUsers
from tests.system_under_test.pipeline import Pipeline, Run
from tests.system_under_test.stores import done, rejected, statistics, waiting_for_a_lock

# So many times, the first write to a user's statistics fails; a sequence counts on where transactions are undone.
OBSTACLE = """
CREATE SEQUENCE obstacle;
CREATE FUNCTION obstacle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('obstacle') <= {times} THEN
        RAISE EXCEPTION 'in the way' USING ERRCODE = '{sqlstate}';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER obstacle BEFORE INSERT ON user_statistics FOR EACH STATEMENT EXECUTE FUNCTION obstacle();
"""


@pytest.fixture
def obstacle(database: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A session to put an obstacle up with, which is taken away in any case."""
    yield database
    database.execute("DROP TRIGGER obstacle ON user_statistics; DROP FUNCTION obstacle; DROP SEQUENCE obstacle")


@pytest.mark.parametrize(
    ("sqlstate", "error"), [("40001", errors.SerializationFailure), ("40P01", errors.DeadlockDetected)]
)
def test_a_transaction_starts_again_as_often_as_the_settings_say(
    pipeline: Pipeline, obstacle: psycopg.Connection, new_users: NewUsers, sqlstate: str, error: type[Exception]
) -> None:
    users, run = new_users(2), Run()
    upload = pipeline.upload([*(f"{user},1,1" for user in users), "nobody,1,1"])
    pipeline.plan(upload, run)
    obstacle.execute(OBSTACLE.format(times=5, sqlstate=sqlstate))
    with pipeline.configured(MAX_RETRY_ATTEMPTS="3"):
        with pytest.raises(error, match="in the way"):
            pipeline.step("csv-chunk-processing", upload, run, chunk=1)
        assert obstacle.execute("SELECT last_value FROM obstacle").fetchone() == (4,)
        assert (statistics(obstacle, users), rejected(obstacle, upload), done(obstacle, upload)) == ({}, [], [])
        assert pipeline.chunk(upload, run) == (2, 1)
    assert statistics(obstacle, users) == dict.fromkeys(users, (1, 1))


def test_a_deadlock_with_somebody_else_is_survived(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers, log: Log
) -> None:
    first, last = users = new_users(2)
    pipeline.run(pipeline.upload(f"{user},1,1" for user in users))
    upload, run = pipeline.upload(f"{user},1,1" for user in users), Run()
    pipeline.plan(upload, run)
    lock = "SELECT FROM user_statistics WHERE user_id = %s FOR UPDATE"
    with ThreadPoolExecutor(1) as pool:
        with database.transaction():
            database.execute("SET LOCAL deadlock_timeout = '1min'")  # it is the processor's session that looks first
            database.execute(lock, [last])
            chunk = pool.submit(pipeline.chunk, upload, run)
            waiting_for_a_lock(database, "-")
            database.execute(lock, [first])
        assert chunk.result() == (2, 0)
    assert [line["sqlstate"] for line in log() if "starts again" in line["message"]] == ["40P01"]
    assert statistics(database, users) == dict.fromkeys(users, (2, 2))


def test_a_serialization_failure_is_survived(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers, log: Log
) -> None:
    (user,), run = new_users(1), Run()
    pipeline.run(pipeline.upload([f"{user},1,1"]))
    upload = pipeline.upload([f"{user},1,1"])
    pipeline.plan(upload, run)
    database.execute("ALTER DATABASE csvbatch SET default_transaction_isolation = 'repeatable read'")
    try:
        with ThreadPoolExecutor(1) as pool:
            with database.transaction():
                database.execute("UPDATE user_statistics SET login_count = 5 WHERE user_id = %s", [user])
                chunk = pool.submit(pipeline.chunk, upload, run)
                waiting_for_a_lock(database, "-")
            assert chunk.result() == (1, 0)
    finally:
        database.execute("ALTER DATABASE csvbatch RESET default_transaction_isolation")
    assert [line["sqlstate"] for line in log() if "starts again" in line["message"]] == ["40001"]
    assert statistics(database, [user]) == {user: (6, 2)}


def test_a_user_deleted_after_the_check_is_not_found(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    first, deleted, last = new_users(3)
    pipeline.run(pipeline.upload([f"{first},1,1"]))
    upload, run = pipeline.upload(f"{user},1,1" for user in (first, deleted, last)), Run()
    pipeline.plan(upload, run)
    with ThreadPoolExecutor(1) as pool:
        with database.transaction():
            database.execute("SELECT FROM user_statistics WHERE user_id = %s FOR UPDATE", [first])
            chunk = pool.submit(pipeline.chunk, upload, run)
            waiting_for_a_lock(database, "-")
            database.execute("DELETE FROM users WHERE user_id = %s", [deleted])
        assert chunk.result() == (2, 1)
    assert statistics(database, [first, deleted, last]) == {first: (2, 2), last: (1, 1)}
    assert rejected(database, upload) == [(3, deleted, "UserNotFoundError", f"{deleted},1,1")]


def test_a_session_cut_before_its_commit_leaves_nothing_and_the_retry_goes_on(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    users, run = new_users(2), Run()
    pipeline.run(pipeline.upload(f"{user},1,1" for user in users))
    upload = pipeline.upload([*(f"{user},1,1" for user in users), "nobody,1,1"])
    pipeline.plan(upload, run)
    with ThreadPoolExecutor(1) as pool, database.transaction():
        database.execute("SELECT FROM user_statistics WHERE user_id = %s FOR UPDATE", [users[-1]])
        chunk = pool.submit(pipeline.chunk, upload, run, 1, "cut")
        (pid,) = waiting_for_a_lock(database, "cut")
        database.execute("SELECT pg_terminate_backend(%s)", [pid])
        with pytest.raises(DatabaseUnavailableError, match="terminating connection"):
            chunk.result()
    assert statistics(database, users) == dict.fromkeys(users, (1, 1))
    assert (rejected(database, upload), done(database, upload)) == ([], [])
    assert pipeline.chunk(upload, run) == (2, 1)
    assert statistics(database, users) == dict.fromkeys(users, (2, 2))
