"""A chunk beside other transactions: it starts again if that helps; otherwise none of its records count."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from csv_pipeline.errors import ProcessingError
from csv_pipeline.records import MAX_COUNT
from psycopg import errors

from tests.system_under_test.conftest import NewUsers
from tests.system_under_test.pipeline import Pipeline, Run
from tests.system_under_test.stores import done, rejected, statistics, waiting_for_a_lock

# The first {times} writes to user_statistics fail; a sequence counts them, since it is not rolled back.
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
    """A session to create the obstacle with, which is dropped in any case."""
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


def test_only_one_of_several_concurrent_chunks_reaches_a_users_maximum(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    full, *others = new_users(5)
    upload, run = pipeline.upload(f"{user},{MAX_COUNT},1" for other in others for user in (full, other)), Run()
    with pipeline.configured(CHUNK_SIZE="2"), ThreadPoolExecutor(4) as pool:
        chunks = pipeline.plan(upload, run)
        counts = pool.map(lambda chunk: pipeline.chunk(upload, run, chunk), chunks)
        assert sorted(counts) == [(1, 1), (1, 1), (1, 1), (2, 0)]
    assert statistics(database, [full, *others]) == dict.fromkeys([full, *others], (MAX_COUNT, 1))
    assert [user for _, user, _, _ in rejected(database, upload)] == [full] * 3


def test_a_chunk_that_nobody_planned_is_named(pipeline: Pipeline) -> None:
    with pytest.raises(ProcessingError, match=r"chunk 1 of .* is in no plan"):
        pipeline.step("csv-chunk-processing", pipeline.upload([]), Run(), chunk=1)
