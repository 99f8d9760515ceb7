"""One of two sessions in an account runs; the other one is refused, with the name of the first one's owner."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from time import time
from typing import Any

import pytest

from steps.drivers.suite_lock import KEY, SECONDS, Locked, locked
from steps.targets.environment import Environment
from tests.steps.reference import NAMES

TABLE = NAMES.job_locks
ITEM: Any = {"TableName": TABLE, "Key": {"lock_key": {"S": KEY}}}


@pytest.fixture
def dynamodb(environment: Environment) -> Any:
    """With nobody's lock in the table."""
    client = environment.client("dynamodb")
    client.delete_item(**ITEM)
    return client


def owner(dynamodb: Any) -> str | None:
    item = dynamodb.get_item(**ITEM).get("Item")
    return str(item["owner"]["S"]) if item else None


def give(dynamodb: Any, owner: str, expires_at: float) -> None:
    item = {"lock_key": {"S": KEY}, "owner": {"S": owner}, "expires_at": {"N": str(int(expires_at))}}
    dynamodb.put_item(TableName=TABLE, Item=item)


def test_it_is_ours_within_the_block_and_nobodys_after_it(dynamodb: Any):
    with locked(dynamodb, TABLE) as ours:
        item = dynamodb.get_item(**ITEM)["Item"]
        assert item["owner"]["S"] == ours.owner
        assert abs(int(item["expires_at"]["N"]) - time() - SECONDS) < 600
    assert owner(dynamodb) is None


def test_it_is_given_back_too_when_the_run_breaks(dynamodb: Any):
    with pytest.raises(KeyboardInterrupt), locked(dynamodb, TABLE):
        raise KeyboardInterrupt
    assert owner(dynamodb) is None


def test_another_run_is_told_who_has_it_and_until_when(dynamodb: Any):
    with locked(dynamodb, TABLE, "alice@laptop"):
        with pytest.raises(Locked) as refused, locked(dynamodb, TABLE, "bob@ci"):
            raise AssertionError("two runs at once")
        assert owner(dynamodb) == "alice@laptop"
    first, evidence, remedy = str(refused.value).splitlines()
    assert first.startswith("Another acceptance run has this account: alice@laptop, until 20")
    assert evidence == f"  evidence: item {KEY} of {TABLE}"
    assert remedy.startswith("  remedy: ")


def test_one_of_many_concurrent_sessions_gets_the_lock(dynamodb: Any):
    many = 8
    together, done = Barrier(many), Barrier(many)

    def run(number: int) -> bool:
        with ExitStack() as held:
            together.wait(60)
            try:
                held.enter_context(locked(dynamodb, TABLE, f"run {number}"))
                return True
            except Locked:
                return False
            finally:
                done.wait(60)

    with ThreadPoolExecutor(many) as runs:
        assert sorted(runs.map(run, range(many))) == [False] * (many - 1) + [True]
    assert owner(dynamodb) is None


def test_runs_of_one_person_are_two_owners(dynamodb: Any):
    with locked(dynamodb, TABLE) as first:
        pass
    with locked(dynamodb, TABLE) as second:
        pass
    assert first.owner != second.owner


def test_the_lock_of_a_dead_run_expires(dynamodb: Any):
    give(dynamodb, "dead", time() + 60)
    with pytest.raises(Locked, match="dead"), locked(dynamodb, TABLE):
        raise AssertionError("taken before it expired")
    give(dynamodb, "dead", time() - 60)
    with locked(dynamodb, TABLE, "next"):
        assert owner(dynamodb) == "next"


def test_the_lock_of_an_ended_process_of_this_machine_is_taken_over_at_once(dynamodb: Any):
    with locked(dynamodb, TABLE) as ours:
        who, pid, run = ours.owner.rsplit(" ", 2)
        with pytest.raises(Locked), locked(dynamodb, TABLE):
            raise AssertionError("taken from a process that runs")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert int(pid) != ended.pid
    give(dynamodb, f"{who} {ended.pid} {run}", time() + 60)
    with locked(dynamodb, TABLE) as first:
        assert first.left is None
        first.note_upload("incoming/a.csv", "v1")
        dynamodb.update_item(
            **ITEM,
            UpdateExpression="SET #owner = :dead",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":dead": {"S": f"{who} {ended.pid} {run}"}},
        )
        with locked(dynamodb, TABLE) as second:
            assert second.left == ("incoming/a.csv", "v1")
    assert owner(dynamodb) is None


def test_a_run_that_outlived_its_lock_leaves_it_to_whoever_has_it_now(dynamodb: Any):
    with locked(dynamodb, TABLE, "slow"):
        give(dynamodb, "next", time() + 60)
    assert owner(dynamodb) == "next"


def test_the_failure_of_a_run_that_outlived_its_lock_is_not_hidden(dynamodb: Any):
    def run() -> None:
        with locked(dynamodb, TABLE, "slow"):
            give(dynamodb, "next", time() + 60)
            raise ValueError("the run's own")

    with pytest.raises(ValueError, match="the run's own"):
        run()


def test_a_lock_that_somebody_has_deleted_is_released_all_the_same(dynamodb: Any):
    with locked(dynamodb, TABLE):
        dynamodb.delete_item(**ITEM)
    assert owner(dynamodb) is None


def test_the_pipelines_own_locks_are_not_touched(dynamodb: Any):
    other = {"lock_key": {"S": "bucket/incoming/users.csv#1"}, "owner": {"S": "execution"}}
    dynamodb.put_item(TableName=TABLE, Item=other)
    with locked(dynamodb, TABLE):
        pass
    assert dynamodb.get_item(TableName=TABLE, Key={"lock_key": other["lock_key"]})["Item"] == other
