"""Steps side by side: chunks that share users never wait in a circle, and what one does is done once."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import psycopg
import pytest
from csv_pipeline.records import MAX_COUNT

from tests.system_under_test.conftest import NewUsers
from tests.system_under_test.pipeline import Pipeline, Run, Upload
from tests.system_under_test.stores import all_sessions_closed, planned, rejected, statistics, waiting_for_a_lock


def side_by_side(pipeline: Pipeline, upload: Upload, run: Run, chunks: list[int]) -> list[tuple[int, int]]:
    """Process chunks five at once."""
    with ThreadPoolExecutor(5) as pool:
        return list(pool.map(lambda chunk: pipeline.chunk(upload, run, chunk), chunks))


def deadlocks(database: psycopg.Connection) -> int:
    """How many deadlocks the server has seen among sessions that have ended."""
    all_sessions_closed(database)
    row = database.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def grouping_by_hash(database: psycopg.Connection) -> Iterator[None]:
    """A planner that groups by hash where it may: then nothing but ORDER BY brings the users into order."""
    database.execute("ALTER DATABASE csvbatch SET enable_sort = off")
    yield
    database.execute("ALTER DATABASE csvbatch RESET enable_sort")


@pytest.mark.usefixtures("grouping_by_hash")
@pytest.mark.parametrize("seed", range(3))
def test_five_chunks_of_the_same_users_never_deadlock(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers, seed: int
) -> None:
    users, run, random = new_users(800), Run(), Random(seed)
    records = [user for share in (800, 100, 400, 50, 200) * 2 for user in random.choices(users[:share], k=800)]
    upload = pipeline.upload(f"{user},1,2" for user in records)
    with pipeline.configured(CHUNK_SIZE="800"):
        chunks = pipeline.plan(upload, run)
    before = deadlocks(database)
    assert side_by_side(pipeline, upload, run, chunks) == [(800, 0)] * 10
    assert deadlocks(database) == before
    assert statistics(database, users) == {user: (count, 2 * count) for user, count in Counter(records).items()}


def test_attempts_at_the_same_chunk_run_side_by_side(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    users, run = new_users(10), Run()
    upload = pipeline.upload(f"{user},1,1" for user in users)
    pipeline.plan(upload, run)
    assert side_by_side(pipeline, upload, run, [1] * 5) == [(10, 0)] * 5
    assert statistics(database, users) == dict.fromkeys(users, (1, 1))


def test_of_chunks_that_fill_a_user_side_by_side_one_is_applied(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    full, *others = new_users(5)
    upload, run = pipeline.upload(f"{user},{MAX_COUNT},1" for other in others for user in (full, other)), Run()
    with pipeline.configured(CHUNK_SIZE="2"):
        chunks = pipeline.plan(upload, run)
    assert sorted(side_by_side(pipeline, upload, run, chunks)) == [(1, 1), (1, 1), (1, 1), (2, 0)]
    assert statistics(database, [full, *others]) == dict.fromkeys([full, *others], (MAX_COUNT, 1))
    assert [user for _, user, _, _ in rejected(database, upload)] == [full] * 3


def test_a_zombie_and_its_retry_are_one_after_the_other(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    users, run = new_users(3), Run()
    pipeline.run(pipeline.upload(f"{user},1,1" for user in users))
    upload = pipeline.upload([*(f"{user},1,1" for user in users), "nobody,1,1"])
    pipeline.plan(upload, run)
    with ThreadPoolExecutor(2) as pool:
        with database.transaction():
            database.execute("SELECT FROM user_statistics WHERE user_id = %s FOR UPDATE", [users[-1]])
            zombie = pool.submit(pipeline.chunk, upload, run, 1, "zombie")
            (zombie_pid,) = waiting_for_a_lock(database, "zombie")
            retry = pool.submit(pipeline.chunk, upload, run, 1, "retry")
            _, retry_pid = waiting_for_a_lock(database, "zombie", "retry")
            assert database.execute("SELECT pg_blocking_pids(%s)", [retry_pid]).fetchone() == ([zombie_pid],)
        assert zombie.result() == retry.result() == (3, 1)
    assert statistics(database, users) == dict.fromkeys(users, (2, 2))
    assert len(rejected(database, upload)) == 1


def test_two_splitters_at_once_store_one_plan(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    upload, run = pipeline.upload(f"{user},1,1" for user in new_users(30)), Run()
    with ThreadPoolExecutor(2) as pool:
        # Both look and find no plan before either can store one.
        with database.transaction():
            database.execute("LOCK TABLE chunk_plan IN SHARE ROW EXCLUSIVE MODE")
            answers = []
            for name, chunk_size in (("one", "10"), ("other", "4")):
                with pipeline.configured(CHUNK_SIZE=chunk_size):
                    answers.append(pool.submit(pipeline.work, "csv-split", upload, run, name, records_total=30))
                    waiting_for_a_lock(database, name)
        assert answers[0].result() == answers[1].result()
    plan = planned(database, upload)
    assert [count for *_, count in plan] == [10, 10, 10]
    assert answers[0].result()["chunks"] == [1, 2, 3]
