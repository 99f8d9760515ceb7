"""The job locks: the execution that owns an uploaded file, and clearing the lock of a dead execution."""

from __future__ import annotations

from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING

from steps.drivers.s3 import Upload
from steps.drivers.step_functions import Workflow
from steps.explained_error import ExplainedError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Lock:
    """The lock of a file: its owner's ARN; `state` is held or done; `expires_at` is in epoch seconds."""

    owner: str
    state: str
    expires_at: int


class NotStarted(ExplainedError):
    """No execution is started for the file, because another execution holds its lock or has completed it."""


class NotRestarted(NotStarted):
    """The file is not restarted, because another execution holds its lock or has completed it."""


class Locks:
    """Reads and changes the DynamoDB table of job locks."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb, self._table = dynamodb, table

    def of(self, upload: Upload) -> Lock | None:
        """The lock of an upload, expired or not; None if there is none."""
        key = {"lock_key": {"S": upload.file_id}}
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return Lock(item["owner"]["S"], item["state"]["S"], int(item["expires_at"]["N"])) if item else None

    def expire(self, upload: Upload) -> None:
        """Set the expiry of an upload's lock to the past."""
        self._dynamodb.update_item(
            TableName=self._table,
            Key={"lock_key": {"S": upload.file_id}},
            UpdateExpression="SET expires_at = :past",
            ConditionExpression="attribute_exists(lock_key)",
            ExpressionAttributeValues={":past": {"N": "1"}},
        )

    def clear(self, upload: Upload, owner: str) -> None:
        """Delete the lock if `owner` holds it. Raises NotRestarted if another execution does."""
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
    """Raise NotStarted if an execution for `upload` would end as a duplicate of the one that holds its lock."""
    lock = restartable(upload, locks, workflow)
    if lock is not None and lock.expires_at > time():
        raise NotStarted(
            f"{lock.owner} has ended and left the lock of {upload.file_id}, so that another execution ends as its "
            "duplicate.",
            remedy=f"python -m commands restart {upload.key}",
        )


def restartable(upload: Upload, locks: Locks, workflow: Workflow) -> Lock | None:
    """The lock that a dead execution holds on `upload`, if any. Raises NotRestarted if its owner runs or is done."""
    lock = locks.of(upload)
    if lock is not None:
        if workflow.runs(lock.owner):
            raise NotRestarted(f"{lock.owner} has {upload.file_id} and still runs; stop it first, or wait for its end")
        if lock.state == "done":
            raise NotRestarted(f"{lock.owner} has completed {upload.file_id}; to add its records again, upload it anew")
    return lock


def restart(upload: Upload, locks: Locks, workflow: Workflow) -> str:
    """Clear the lock of a dead execution and start a new one for `upload`. Return its ARN; raises NotRestarted."""
    if lock := restartable(upload, locks, workflow):
        locks.clear(upload, lock.owner)
    return workflow.start_for(upload)
