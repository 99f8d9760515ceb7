"""One acceptance run at a time per account: the suite's own item in the pipeline's table of locks.

The item also names the version that the run has uploaded, so that the next run can remove what a dead one has left.
"""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psutil
from botocore.exceptions import BotoCoreError, ClientError

from steps.diagnoses.ids import Diagnosis
from steps.explained_error import ExplainedError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = "acceptance-suite"
REFUSALS = (ClientError, BotoCoreError)
"""Errors of a call with expired credentials, or to a service that cannot be reached."""
SECONDS = 7200
"""The lock's lifetime: longer than any run, and the time for which a dead run keeps others out."""


class Locked(ExplainedError):
    """Another acceptance run holds the account's lock."""

    diagnosis = Diagnosis.ACCOUNT_REFUSED


class SuiteLock:
    """The lock as this run holds it; `left` is the upload (key, version id) that a run before, now dead, has left."""

    def __init__(
        self, dynamodb: DynamoDBClient, table: str, item: dict[str, Any], left: tuple[str, str] | None
    ) -> None:
        self._dynamodb, self._table, self._item, self.left = dynamodb, table, item, left

    @property
    def owner(self) -> str:
        """The name of this run."""
        return str(self._item["owner"]["S"])

    def note_upload(self, key: str, version_id: str) -> None:
        """Keep in the lock which version this run has uploaded."""
        self._if_ours(self._dynamodb.put_item, Item={**self._item, "uploaded": {"L": [{"S": key}, {"S": version_id}]}})

    def release(self) -> None:
        """Delete the lock; if it has expired, another run may own it by now, and keeps it."""
        self._if_ours(self._dynamodb.delete_item, Key={"lock_key": {"S": KEY}})

    def _if_ours(self, call: Callable[..., Any], **what: Any) -> None:
        with suppress(self._dynamodb.exceptions.ConditionalCheckFailedException):
            call(
                TableName=self._table,
                ConditionExpression="#owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": self._item["owner"]},
                **what,
            )


@contextmanager
def locked(
    dynamodb: DynamoDBClient, table: str, owner: str | None = None, *, say: Callable[[str], None] = lambda _: None
) -> Iterator[SuiteLock]:
    """Hold the lock within the block. Raises Locked with the other owner and its expiry.

    A lock whose owner has died on this machine is taken over. `say` is told of a lock that cannot be given back, since
    the credentials have expired or the network is gone.
    """
    owner = owner or f"{_host()} {os.getpid()} {uuid4().hex[:8]}"
    expires_at = str(int(time()) + SECONDS)
    item: dict[str, Any] = {"lock_key": {"S": KEY}, "owner": {"S": owner}, "expires_at": {"N": expires_at}}
    lock = SuiteLock(dynamodb, table, item, _take(dynamodb, table, item))
    try:
        yield lock
    finally:
        try:
            lock.release()
        except REFUSALS as refused:
            say(
                f"left behind: the item {KEY} of {table}, of {owner} ({refused}); the next run on this machine takes "
                f"it over, and every other run in {SECONDS // 60} minutes or once it is deleted"
            )


def _host() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"


def _is_dead(owner: str) -> bool:
    """True if the owner is a process of this user on this machine that has ended."""
    *host, pid, _ = owner.split(" ") if owner.count(" ") >= 2 else ("", "", "")
    return " ".join(host) == _host() and pid.isdecimal() and not psutil.pid_exists(int(pid))


def _take(dynamodb: DynamoDBClient, table: str, item: dict[str, Any], dead: str = "nobody") -> tuple[str, str] | None:
    """Put the item if there is none, an expired one, or that of `dead`; return the upload that its owner has left."""
    try:
        before = dynamodb.put_item(
            TableName=table,
            Item=item,
            ConditionExpression="attribute_not_exists(lock_key) OR expires_at < :now OR #owner = :dead",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":now": {"N": str(int(time()))}, ":dead": {"S": dead}},
            ReturnValues="ALL_OLD",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException as taken:
        other: Any = dict(taken.response)["Item"]
        holder = other["owner"]["S"]
        if holder != dead and _is_dead(holder):
            return _take(dynamodb, table, item, dead=holder)
        until = datetime.fromtimestamp(int(other["expires_at"]["N"]), UTC)
        raise Locked(
            f"Another acceptance run has this account: {holder}, until {until:%Y-%m-%d %H:%M} UTC.",
            evidence=f"item {KEY} of {table}",
            remedy="wait for its end; if it has died, delete the item",
        ) from taken
    uploaded = before.get("Attributes", {}).get("uploaded", {}).get("L")
    return (uploaded[0]["S"], uploaded[1]["S"]) if uploaded else None
