"""A user's total may reach 2^63-1; the chunk whose sum would go beyond it loses that user's records and no others."""

import psycopg
import pytest
from csv_pipeline.records import MAX_COUNT

from tests.system_under_test.conftest import NewUsers
from tests.system_under_test.pipeline import Pipeline, Run
from tests.system_under_test.stores import rejected, statistics

HALF = 2**62


@pytest.mark.parametrize("counts", [("{},0", "logins"), ("0,{}", "posts")], ids=lambda counts: counts[1])
@pytest.mark.parametrize("where", ["within a chunk", "across chunks", "across files"])
def test_the_largest_total_is_applied_and_one_more_is_rejected(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers, where: str, counts: tuple[str, str]
) -> None:
    full, over, other = new_users(3)
    first = [f"{user},{counts[0].format(HALF)}" for user in (full, over)]
    then = [f"{full},{counts[0].format(HALF - 1)}", f"{over},{counts[0].format(HALF)}", f"{other},1,1"]
    files = [first, then] if where == "across files" else [first + then]
    with pipeline.configured(ERROR_TOLERANCE_PERCENT="100", CHUNK_SIZE="2" if where == "across chunks" else "10"):
        uploads = [pipeline.upload(file) for file in files]
        for upload in uploads:
            pipeline.run(upload)
    kept = 0 if where == "within a chunk" else HALF  # there, both of this user's records are in the one sum

    def total(count: int) -> tuple[int, int]:
        return (count, 0) if counts[1] == "logins" else (0, count)

    wanted = {full: total(MAX_COUNT), other: (1, 1)} | ({over: total(kept)} if kept else {})
    assert statistics(database, [full, over, other]) == wanted
    fates = [(user, reason) for upload in uploads for _, user, reason, _ in rejected(database, upload)]
    assert fates == [(over, "ValidationError")] * (1 if kept else 2)


def test_a_full_user_still_takes_what_adds_nothing(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    (full,) = new_users(1)
    for record in (f"{full},{MAX_COUNT},{MAX_COUNT}", f"{full},0,0"):
        assert pipeline.run(pipeline.upload([record]))["records_applied"] == 1
    assert statistics(database, [full]) == {full: (MAX_COUNT, MAX_COUNT)}


def test_other_reasons_stand_beside_an_overflow(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    (full,) = new_users(1)
    upload, run = pipeline.upload([f"{full},{MAX_COUNT},1", "U999999999,1,1", f"{full},1,1", f"{full},x,1"]), Run()
    pipeline.plan(upload, run)
    assert pipeline.chunk(upload, run) == (0, 4)
    assert [reason for _, _, reason, _ in rejected(database, upload)] == [
        "ValidationError",
        "UserNotFoundError",
        "ValidationError",
        "ValidationError",
    ]
