"""A figure is of work that was done right, by the pipeline and by the ceiling alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from benchmarks.ceiling import ceiling, merge_by_psql
from benchmarks.report import BenchmarkError
from benchmarks.store import CEILING, PIPELINE, Store, WrongSums
from benchmarks.wanted import checks
from benchmarks.workload import KINDS, LONG, SKEWED, UNIQUE, Workload, users
from tests.benchmarks.conftest import Benchmark

WORK = Workload.of(300)
CHUNKS = WORK.chunks([100, 100, 100])
USER, LOGINS, POSTS = min(WORK.records)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    store.register(300)
    store.expect(WORK)
    store.reset()
    yield store
    store.close()


def test_a_run_has_every_figure(benchmark: Benchmark) -> None:
    ran = benchmark("throughput", "--sizes=300", "--users=300", "--rounds=1")
    assert ran.exit == 0, ran
    assert ran.report["machine"].keys() >= {"cores", "cpu", "python", "date"}
    found, *others = ran.report["sizes"]
    assert [each["kind"] for each in (found, *others)] == list(KINDS)
    (measured,) = found["rounds"]
    pipeline, best = measured["pipeline"], measured["ceiling"]
    assert (found["records"], found["workers"]) == (300, 5)
    assert found["ratio"]["median"] == pytest.approx(best["seconds"] / pipeline["window"], abs=1e-3)
    assert found["records_per_second"]["median"] == pytest.approx(300 / pipeline["window"], abs=1e-3)
    assert found["psql_records_per_second"]["median"] == pytest.approx(300 / measured["psql"], abs=1e-3)
    assert 0 < pipeline["lambdas"] < pipeline["tasks"] < pipeline["window"] * 5
    assert pipeline["window"] < pipeline["upload_to_end"]
    assert {"Validate the file", "Split it into chunks", "Merge the results"} <= pipeline["steps"].keys()
    assert 0 < found["payload_bytes"] < 262_144
    assert found["events"] > found["chunks"]
    assert f"ratio {found['ratio']['median']:.1%}" in " ".join(ran.output.split())
    assert "ok a Lambda's memory" in " ".join(ran.output.split())


def test_the_ceiling_adds_up(store: Store) -> None:
    ceiling(store.url, CHUNKS)
    store.prove(CEILING)
    with pytest.raises(WrongSums, match=USER):
        store.prove(PIPELINE)  # where nothing has been written


def test_psql_alone_adds_up(store: Store) -> None:
    merge_by_psql(store.url, CHUNKS)
    store.prove(CEILING)


def test_what_psql_refuses_is_an_error_and_no_figure(store: Store) -> None:
    with pytest.raises(BenchmarkError, match="violates foreign key"):
        merge_by_psql(store.url, [*CHUNKS, b"U999999999\t1\t1\n"])


def test_a_ceiling_that_writes_a_wrong_sum_is_refused(store: Store) -> None:
    with psycopg.connect(store.url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN NEW.post_count := NEW.post_count + 1; RETURN NEW; END'"
        )
        connection.execute(
            f"CREATE TRIGGER spoil BEFORE INSERT ON benchmark.user_statistics FOR EACH ROW"
            f" WHEN (NEW.user_id = '{USER}') EXECUTE FUNCTION spoil()"
        )
    ceiling(store.url, CHUNKS)
    with pytest.raises(WrongSums) as refused:
        store.prove(CEILING)
    assert f"{USER}: ({LOGINS}, {POSTS + 1}) instead of ({LOGINS}, {POSTS})" in str(refused.value)


def test_a_ceiling_that_leaves_out_a_chunk_is_refused(store: Store) -> None:
    ceiling(store.url, CHUNKS[:-1])
    with pytest.raises(WrongSums, match="None"):
        store.prove(CEILING)


def test_a_ceiling_that_counts_a_chunk_twice_is_refused(store: Store) -> None:
    ceiling(store.url, [*CHUNKS, CHUNKS[0]])
    with pytest.raises(WrongSums):
        store.prove(CEILING)


def test_a_chunk_that_breaks_is_an_error_and_no_figure(store: Store) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        ceiling(store.url, [*CHUNKS, b"U999999999\t1\t1\n"])


def test_each_measurement_begins_with_no_statistics(store: Store) -> None:
    ceiling(store.url, CHUNKS)
    store.reset()
    ceiling(store.url, CHUNKS)
    store.prove(CEILING)


def test_the_file_and_the_chunks_hold_the_same_records() -> None:
    assert WORK.csv().split(b"\n")[1:] == b"".join(CHUNKS).replace(b"\t", b",").split(b"\n")
    assert len({user for user, _, _ in WORK.records}) == 300


def test_work_is_of_registered_users_alone_and_each_kind_is_what_its_name_says() -> None:
    registered = {line.split(b"\t")[0].decode() for line in users(1000).splitlines()}
    skewed, long = Workload.of(1000, SKEWED), Workload.of(1000, LONG)
    assert {user for work in (skewed, long) for user, _, _ in work.records} <= registered
    assert len({user for user, _, _ in skewed.records}) < 600
    assert {len(line) for line in long.csv().splitlines()[1:]} == {98}
    assert long.sums() == b"".join(long.chunks([1000]))


def test_what_is_wanted_and_does_not_hold_is_said() -> None:
    def of(size: int, seconds: float, ratio: float) -> dict[str, Any]:
        shape = {"kind": UNIQUE, "memory_mb": 256, "payload_bytes": 900, "events": 900, "workers": 4}
        return {"records": size, "window": {"median": seconds}, "ratio": {"median": ratio}, **shape}

    found = checks([of(10_000, 1, 0.3), of(100_000, 10, 0.5), of(1_000_000, 200, 0.84)])
    assert [check.holds for check in found] == [True, False, False, False, True, True, False]
    assert "time grows as records to the power of: 1.30, wanted 1.1 at most" in str(found[2])
