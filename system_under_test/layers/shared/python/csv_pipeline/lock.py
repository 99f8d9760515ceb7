"""The job lock: one execution at a time works on an object version. It only saves work; the plan keeps counts right.

Conditions compare expires_at themselves, since DynamoDB's TTL deletes hours late.
"""

from collections.abc import Mapping
from datetime import timedelta
from time import time
from typing import Any

from botocore.exceptions import ClientError

from csv_pipeline.events import StepEvent
from csv_pipeline.items import Value, condition_refused, item
from csv_pipeline.services import Services

LOCK_SECONDS = 900  # as long as an execution may take


def first_end(event: StepEvent, services: Services, phase: str, key: str) -> str:
    """Return the audit key of the first attempt at this step or chunk to reach this phase: `key`, unless one is stored.

    If an attempt dies between storing its key and writing its entry, the next attempt writes the entry under that key.
    """
    chunk = "" if event.chunk_number is None else f"#{event.chunk_number}"
    lock: dict[str, Value] = {
        "lock_key": f"{event.execution.id}#{event.event_type}{chunk}#{phase}",
        "owner": key,
        "state": "done",
        "expires_at": _expires_at(event),
    }
    return _put(services, lock, "attribute_not_exists(lock_key)", {}) or key


def acquire(event: StepEvent, services: Services) -> str:
    """Try to lock this version and return the lock's owner: this execution, or another that holds it or is done."""
    lock: dict[str, Value] = {
        "lock_key": event.object.file_id,
        "owner": event.execution.id,
        "state": "held",
        "expires_at": _expires_at(event),
    }
    free = "attribute_not_exists(lock_key) OR #owner = :me OR expires_at <= :now"
    return _put(services, lock, free, {":me": event.execution.id, ":now": int(time())}) or event.execution.id


def _put(services: Services, lock: Mapping[str, Value], free: str, values: Mapping[str, Value]) -> str | None:
    """Put a lock if the condition `free` holds, and return None; else return the owner of the existing lock."""
    named: Any = {"ExpressionAttributeNames": {"#owner": "owner"}, "ExpressionAttributeValues": item(values)}
    try:
        services.dynamodb.put_item(
            TableName=services.settings.job_locks_table_name,
            Item=item(lock),
            ConditionExpression=free,
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **(named if values else {}),
        )
    except ClientError as refused:
        if not condition_refused(refused):
            raise
        return str(refused.response["Item"]["owner"]["S"])  # type: ignore[typeddict-item]  # ALL_OLD brings it
    return None


def _expires_at(event: StepEvent) -> int:
    return int((event.execution.started + timedelta(seconds=LOCK_SECONDS)).timestamp())


def release(event: StepEvent, services: Services) -> bool:
    """Release the lock, so that the file can be started again; False if this execution does not own it."""
    try:
        services.dynamodb.delete_item(
            TableName=services.settings.job_locks_table_name,
            Key=item({"lock_key": event.object.file_id}),
            ConditionExpression="#owner = :me",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues=item({":me": event.execution.id}),
        )
    except ClientError as refused:
        if not condition_refused(refused):
            raise
        return False
    return True
