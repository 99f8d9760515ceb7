"""Detects that another version recently had the same content; this is reported, and the file is processed all the same.

The last version with a content is stored in job-locks, which needs no permissions beyond those for the job lock, and
where TTL deletes the item.
"""

from datetime import timedelta

from botocore.exceptions import ClientError

from csv_pipeline.events import Content, StepEvent
from csv_pipeline.items import condition_refused, item
from csv_pipeline.services import Services

LATELY = timedelta(days=30)


def note(event: StepEvent, services: Services, sha256: str) -> Content:
    """Store that this version has this content, and return the previous version that had it in the last 30 days.

    A single update does both, so that of two concurrent versions the second finds the first. The update is refused if
    this version is stored already, so that a repeated attempt returns the same result as the one before.
    """
    started = event.execution.started
    try:
        noted = services.dynamodb.update_item(
            TableName=services.settings.job_locks_table_name,
            Key=item({"lock_key": f"content#{sha256}"}),
            UpdateExpression="SET earlier = if_not_exists(#owner, :me),"
            " earlier_until = if_not_exists(expires_at, :never), #owner = :me, expires_at = :until",
            ConditionExpression="attribute_not_exists(lock_key) OR #owner <> :me",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues=item(
                {":me": event.object.file_id, ":never": 0, ":until": int((started + LATELY).timestamp())}
            ),
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )["Attributes"]
    except ClientError as refused:
        if not condition_refused(refused):
            raise
        noted = refused.response["Item"]  # type: ignore[typeddict-item]  # ALL_OLD brings it
    was_lately = int(noted["earlier_until"]["N"]) > started.timestamp()
    return Content(sha256=sha256, same_content_as=noted["earlier"]["S"] if was_lately else None)
