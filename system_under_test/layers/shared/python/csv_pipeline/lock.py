"""The job lock: one execution at a time works on an object version. It saves work; what keeps counts right is the plan.

Conditions compare expires_at themselves, since DynamoDB's TTL deletes hours late.
"""

from datetime import timedelta
from time import time
from typing import Any

from botocore.exceptions import ClientError

from csv_pipeline.events import StepEvent
from csv_pipeline.items import condition_refused, item
from csv_pipeline.services import Services

LOCK_SECONDS = 900  # as long as an execution may take


def completion(event: StepEvent, services: Services, chunk: int | str) -> dict[str, Any]:
    """The write, for a transaction, that only the first attempt at a step or chunk of an execution can do."""
    put = {
        "TableName": services.settings.job_locks_table_name,
        "Item": item(
            {
                "lock_key": f"{event.execution.id}#{event.event_type}#{chunk}",
                "owner": event.request_id,
                "state": "done",
                "expires_at": _expires_at(event),
            }
        ),
        "ConditionExpression": "attribute_not_exists(lock_key)",
    }
    return {"Put": put}


def acquire(event: StepEvent, services: Services) -> str:
    """Take the lock of this version, and return its owner: this execution, or the one that holds it or is done."""
    try:
        services.dynamodb.put_item(
            TableName=services.settings.job_locks_table_name,
            Item=item(
                {
                    "lock_key": event.object.file_id,
                    "owner": event.execution.id,
                    "state": "held",
                    "expires_at": _expires_at(event),
                }
            ),
            ConditionExpression="attribute_not_exists(lock_key) OR #owner = :me OR expires_at <= :now",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues=item({":me": event.execution.id, ":now": int(time())}),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as refused:
        if not condition_refused(refused):
            raise
        return str(refused.response["Item"]["owner"]["S"])  # type: ignore[typeddict-item]  # ALL_OLD brings it
    return event.execution.id


def _expires_at(event: StepEvent) -> int:
    return int((event.execution.started + timedelta(seconds=LOCK_SECONDS)).timestamp())


def release(event: StepEvent, services: Services) -> bool:
    """Give the lock back, so that the file can be started again; False where it is not this execution's to give."""
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
