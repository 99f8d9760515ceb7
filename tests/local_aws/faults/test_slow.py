"""Calls that are done late."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.local_aws.faults.making import Faults, Table
from tests.local_aws.helpers import eventually


def test_a_call_is_done_after_its_seconds(table: Table, faults: Faults) -> None:
    faults.make("late", "PutItem", "slow", seconds=0.3, times=None)
    begun = time.monotonic()
    table.keep("it")
    assert time.monotonic() - begun >= 0.3
    assert table.has("it")
    assert faults.seen("late") == {"hits": 1, "held": 1}


def test_delayed_calls_go_on_when_the_fault_is_removed(table: Table, faults: Faults) -> None:
    faults.make("late", "PutItem", "slow", seconds=600)
    with ThreadPoolExecutor() as threads:
        call = threads.submit(table.keep, "it")
        eventually(lambda: faults.seen("late")["held"] == 1, "the call to come")
        assert not table.has("it")
        faults.ask("DELETE", "/late")
        call.result()
    assert table.has("it")
