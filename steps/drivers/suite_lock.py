"""One acceptance run at a time per account: the suite's own item in the pipeline's table of locks."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from steps.diagnoses.ids import Diagnosis
from steps.explained_error import ExplainedError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = "acceptance-suite"
SECONDS = 7200
"""The lock's lifetime: longer than any run, and the time for which a dead run keeps others out."""


class Locked(ExplainedError):
    """Another acceptance run holds the account's lock."""

    diagnosis = Diagnosis.ACCOUNT_REFUSED


@contextmanager
def locked(dynamodb: DynamoDBClient, table: str, owner: str | None = None) -> Iterator[str]:
    """Hold the lock within the block; yield the owner's name. Raises Locked with the other owner and its expiry."""
    owner = owner or f"{getpass.getuser()}@{socket.gethostname()} {uuid4().hex[:8]}"
    _take(dynamodb, table, owner)
    try:
        yield owner
    finally:
        # If the lock has expired, another run may own it by now.
        with suppress(dynamodb.exceptions.ConditionalCheckFailedException):
            dynamodb.delete_item(
                TableName=table,
                Key={"lock_key": {"S": KEY}},
                ConditionExpression="#owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": {"S": owner}},
            )


def _take(dynamodb: DynamoDBClient, table: str, owner: str) -> None:
    now = int(time())
    try:
        dynamodb.put_item(
            TableName=table,
            Item={"lock_key": {"S": KEY}, "owner": {"S": owner}, "expires_at": {"N": str(now + SECONDS)}},
            ConditionExpression="attribute_not_exists(lock_key) OR expires_at < :now",
            ExpressionAttributeValues={":now": {"N": str(now)}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException as taken:
        other: Any = dict(taken.response)["Item"]
        until = datetime.fromtimestamp(int(other["expires_at"]["N"]), UTC)
        raise Locked(
            f"Another acceptance run has this account: {other['owner']['S']}, until {until:%Y-%m-%d %H:%M} UTC.",
            evidence=f"item {KEY} of {table}",
            remedy="wait for its end; if it has died, delete the item",
        ) from taken
