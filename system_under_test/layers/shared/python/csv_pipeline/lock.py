"""The job lock: one execution at a time works on an object version. It saves work; what keeps counts right is the plan.

Conditions compare expires_at themselves, since DynamoDB's TTL deletes hours late.
"""

from datetime import timedelta
from time import time

from botocore.exceptions import ClientError

from csv_pipeline.events import StepEvent
from csv_pipeline.items import condition_refused, item
from csv_pipeline.services import Services

LOCK_SECONDS = 900  # as long as an execution may take


def acquire(event: StepEvent, services: Services) -> str:
    """Take the lock of this version, and return its owner: this execution, or the one that holds it or is done."""
    expires_at = int((event.execution.started + timedelta(seconds=LOCK_SECONDS)).timestamp())
    try:
        services.dynamodb.put_item(
            TableName=services.settings.job_locks_table_name,
            Item=item(
                {
                    "lock_key": event.object.file_id,
                    "owner": event.execution.id,
                    "state": "held",
                    "expires_at": expires_at,
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
