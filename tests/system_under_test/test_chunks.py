"""A chunk's records count exactly once, whatever happens beside it and before it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from csv_pipeline.records import MAX_COUNT

from tests.system_under_test.pipeline import Pipeline, Run, Upload

NewUsers = Callable[[int], list[str]]


def statistics(database: psycopg.Connection, users: list[str]) -> dict[str, tuple[int, int]]:
    rows = database.execute(
        "SELECT user_id, login_count, post_count FROM user_statistics WHERE user_id = ANY(%s)", [users]
    )
    return {user: (logins, posts) for user, logins, posts in rows}


def rejected(database: psycopg.Connection, upload: Upload) -> list[tuple[int, str | None, str, str]]:
    return database.execute(
        "SELECT line_number, user_id, reason, record FROM rejected_records WHERE version_id = %s ORDER BY line_number",
        [upload["version_id"]],
    ).fetchall()


def process(pipeline: Pipeline, upload: Upload, run: Run, chunk: int = 1) -> tuple[int, int]:
    answer = pipeline.step("csv-chunk-processing", upload, run, chunk=chunk)
    return answer["records_applied"], answer["records_rejected"]


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
    first = process(pipeline, upload, run)
    pipeline.s3.delete_object(Bucket=upload["bucket"], Key=upload["key"], VersionId=upload["version_id"])
    assert process(pipeline, upload, Run()) == first == (3, 1)
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
        '"two\nlines",1,1',
        f"{good}\0,1,1",
        f"{good},4,4",
    ]
    upload, run = pipeline.upload(records), Run()
    pipeline.plan(upload, run)
    assert process(pipeline, upload, run) == (3, 5)
    assert statistics(database, [good, inactive, deleted]) == {good: (7, 7)}
    assert rejected(database, upload) == [
        (3, inactive, "UserInactiveError", f"{inactive},1,1"),
        (4, deleted, "UserNotFoundError", f"{deleted},1,1"),
        (5, good, "ValidationError", f"{good},-1,1"),
        (8, "two\nlines", "ValidationError", '"two\nlines",1,1'),
        (10, f"{good}\N{REPLACEMENT CHARACTER}", "ValidationError", f"{good}\N{REPLACEMENT CHARACTER},1,1"),
    ]


@pytest.mark.parametrize("already", [0, 1], ids=["within the chunk", "on top of earlier counts"])
def test_a_user_whose_sum_would_overflow_is_rejected_alone(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers, already: int
) -> None:
    full, other = new_users(2)
    if already:
        pipeline.run(pipeline.upload([f"{full},0,{MAX_COUNT}"]))
    upload, run = pipeline.upload([f"{full},1,{MAX_COUNT}", f"{other},1,{MAX_COUNT}", f"{full},2,2"]), Run()
    pipeline.plan(upload, run)
    assert process(pipeline, upload, run) == (1, 2)
    assert statistics(database, [full, other]) == {other: (1, MAX_COUNT)} | ({full: (0, MAX_COUNT)} if already else {})
    assert [reason for _, _, reason, _ in rejected(database, upload)] == ["ValidationError"] * 2


def test_chunks_of_the_same_users_run_side_by_side(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    users, run = new_users(10), Run()
    forth_and_back = [f"{user},1,1" for order in (users, users[::-1]) * 20 for user in order]
    upload = pipeline.upload(forth_and_back)
    chunks = pipeline.plan(upload, run)
    assert len(chunks) == 40
    side_by_side(pipeline, upload, run, chunks)
    assert statistics(database, users) == dict.fromkeys(users, (40, 40))


def test_attempts_at_the_same_chunk_run_side_by_side(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    users, run = new_users(10), Run()
    upload = pipeline.upload(f"{user},1,1" for user in users)
    pipeline.plan(upload, run)
    assert side_by_side(pipeline, upload, run, [1] * 5) == [(10, 0)] * 5
    assert statistics(database, users) == dict.fromkeys(users, (1, 1))


def side_by_side(pipeline: Pipeline, upload: Upload, run: Run, chunks: list[int]) -> list[tuple[int, int]]:
    """Process chunks five at once, below the handler, which as in Lambda serves one event at a time."""
    import chunk_processing
    from csv_pipeline.events import ChunkEvent

    def one(chunk: int) -> tuple[int, int]:
        event: dict[str, Any] = {
            "event_type": "csv-chunk-processing",
            "execution": {"id": run.arn, "name": run.name, "started": run.started},
            "object": upload,
            "attempt": 0,
            "request_id": "-",
            "function": "csv-processor",
            "chunk": chunk,
        }
        answer = chunk_processing.process_chunk(ChunkEvent.model_validate(event), pipeline.services)
        return answer["records_applied"], answer["records_rejected"]

    with ThreadPoolExecutor(5) as pool:
        return list(pool.map(one, chunks))


def test_a_change_of_the_chunk_size_meets_the_stored_plan(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = new_users(25)
    upload, run = pipeline.upload(f"{user},1,1" for user in users), Run()
    assert pipeline.plan(upload, run) == [1, 2, 3]
    process(pipeline, upload, run)
    changed = pipeline.services.settings.model_copy(update={"chunk_size": 5})
    monkeypatch.setattr(
        "splitter.services", type(pipeline.services)(**{**vars(pipeline.services), "settings": changed})
    )
    assert pipeline.run(upload, run)["records_applied"] == 25
    assert statistics(database, users) == dict.fromkeys(users, (1, 1))


def test_a_deleted_version_is_named(pipeline: Pipeline, new_users: NewUsers) -> None:
    upload, run = pipeline.upload(f"{user},1,1" for user in new_users(1)), Run()
    pipeline.plan(upload, run)
    pipeline.s3.delete_object(Bucket=upload["bucket"], Key=upload["key"], VersionId=upload["version_id"])
    with pytest.raises(Exception, match="no longer exists") as error:
        process(pipeline, upload, run)
    assert type(error.value).__name__ == "ObjectGoneError"
