"""Calls that are held until their fault is removed."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import boto3

from local_aws import LocalAws
from tests.local_aws.authentication.signing import basic
from tests.local_aws.faults.making import Faults, Table
from tests.local_aws.helpers import eventually


def test_a_call_is_held_until_its_fault_is_removed(table: Table, faults: Faults) -> None:
    faults.make("held", "PutItem", "hold", times=2)
    with ThreadPoolExecutor() as threads:
        calls = [threads.submit(table.keep, item) for item in "ab"]
        eventually(lambda: faults.seen("held") == {"hits": 2, "held": 2}, "both calls to be held")
        table.keep("c")  # the fault is spent
        assert [table.has(item) for item in "abc"] == [False, False, True]
        faults.ask("DELETE", "/held")
        for call in calls:
            call.result()
    assert all(table.has(item) for item in "abc")


def test_a_replaced_fault_releases_the_calls_that_it_held(table: Table, faults: Faults) -> None:
    faults.make("one", "PutItem", "hold")
    with ThreadPoolExecutor() as threads:
        call = threads.submit(table.keep, "it")
        eventually(lambda: faults.seen("one")["held"] == 1, "the call to be held")
        faults.make("one", "DeleteItem", "hold")
        call.result()
    assert faults.seen("one") == {"hits": 0, "held": 0}


def test_it_stops_while_calls_are_held() -> None:
    with LocalAws.start() as aws, ThreadPoolExecutor() as threads:
        faults = Faults(aws.endpoint_url, basic(aws))
        faults.make("held", "ListTables", "hold")
        dynamodb = boto3.Session(
            aws.environment["AWS_ACCESS_KEY_ID"],
            aws.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=aws.environment["AWS_REGION"],
        ).client("dynamodb", endpoint_url=aws.endpoint_url)
        call = threads.submit(dynamodb.list_tables)
        eventually(lambda: faults.seen("held")["held"] == 1, "the call to be held")
        os.kill(aws.pid, signal.SIGTERM)
        eventually(lambda: not aws.alive(), "it to end")
        assert call.exception() is not None
