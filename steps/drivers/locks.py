"""The job locks: which execution has an uploaded file, and how it is given back when that one has died."""

from __future__ import annotations

from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING

from steps.drivers.s3 import Upload
from steps.drivers.step_functions import Workflow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Lock:
    """Who has a file; `state` is held or done, `expires_at` in epoch seconds."""

    owner: str
    state: str
    expires_at: int


class NotStarted(Exception):
    """Nothing is started for the file, since another execution has it or has done it."""


class NotRestarted(NotStarted):
    """The file is not started again, since another execution has it or has done it."""


class Locks:
    """DynamoDB's table of locks."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb, self._table = dynamodb, table

    def of(self, upload: Upload) -> Lock | None:
        """The lock of an upload, expired or not; None where nobody has it."""
        key = {"lock_key": {"S": upload.file_id}}
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return Lock(item["owner"]["S"], item["state"]["S"], int(item["expires_at"]["N"])) if item else None

    def expire(self, upload: Upload) -> None:
        """Makes the lock of an upload one whose time is over."""
        self._dynamodb.update_item(
            TableName=self._table,
            Key={"lock_key": {"S": upload.file_id}},
            UpdateExpression="SET expires_at = :past",
            ConditionExpression="attribute_exists(lock_key)",
            ExpressionAttributeValues={":past": {"N": "1"}},
        )

    def clear(self, upload: Upload, owner: str) -> None:
        """Takes the lock away from `owner`; somebody else's stays, and is NotRestarted."""
        try:
            self._dynamodb.delete_item(
                TableName=self._table,
                Key={"lock_key": {"S": upload.file_id}},
                ConditionExpression="attribute_not_exists(lock_key) OR #owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": {"S": owner}},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as taken:
            raise NotRestarted(f"another execution than {owner} has just taken {upload.file_id}") from taken


def refuse_duplicate(upload: Upload, locks: Locks, workflow: Workflow) -> None:
    """Raises NotStarted where an execution for `upload` would end as a duplicate of the one that has its lock."""
    lock = restartable(upload, locks, workflow)
    if lock is not None and lock.expires_at > time():
        raise NotStarted(
            f"{lock.owner} has ended and left the lock of {upload.file_id}, so that another execution ends as its "
            f"duplicate.\n  remedy: python -m commands restart {upload.key}"
        )


def restartable(upload: Upload, locks: Locks, workflow: Workflow) -> Lock | None:
    """The lock that a dead execution has on `upload`, if any; raises NotRestarted where its owner runs or is done."""
    lock = locks.of(upload)
    if lock is not None:
        if workflow.runs(lock.owner):
            raise NotRestarted(f"{lock.owner} has {upload.file_id} and still runs; stop it first, or wait for its end")
        if lock.state == "done":
            raise NotRestarted(f"{lock.owner} has completed {upload.file_id}; to add its records again, upload it anew")
    return lock


def restart(upload: Upload, locks: Locks, workflow: Workflow) -> str:
    """The ARN of a new execution for `upload`, once the lock of a dead one is cleared; NotRestarted says why not."""
    if lock := restartable(upload, locks, workflow):
        locks.clear(upload, lock.owner)
    return workflow.start_for(upload)
