"""The audit trail: when each step and chunk started and how it ended, one item each, never overwritten."""

from datetime import UTC, datetime
from typing import Literal

from botocore.exceptions import ClientError

from csv_pipeline.events import StepEvent
from csv_pipeline.items import Value, condition_refused, iso, item
from csv_pipeline.services import Services

Phase = Literal["start", "completion", "error"]


def record(event: StepEvent, services: Services, phase: Phase, **facts: Value) -> None:
    """Write one entry of this invocation; `facts` are the counts or the error it ended with.

    An earlier attempt may have written its completion and died before it could answer: then that one stands, so that
    every step and chunk has exactly one.
    """
    if phase == "completion" and event.attempt and _completed_before(event, services):
        return
    moment = iso(datetime.now(UTC))
    chunk = "-" if event.chunk_number is None else event.chunk_number
    try:
        services.dynamodb.put_item(
            TableName=services.settings.audit_log_table_name,
            Item=item(
                {
                    "execution_id": event.execution.id,
                    "timestamp": f"{moment}#{event.event_type}#{chunk}#{event.attempt}",
                    "step": event.event_type,
                    "chunk": event.chunk_number,
                    "attempt": event.attempt,
                    "phase": phase,
                    "request_id": event.request_id,
                    "function": event.function,
                    **facts,
                }
            ),
            ConditionExpression="attribute_not_exists(execution_id)",
        )
    except ClientError as refused:
        # The SDK sends again what it had no answer for: the entry in its place can only be this very one.
        if not condition_refused(refused):
            raise


def _completed_before(event: StepEvent, services: Services) -> bool:
    pages = services.dynamodb.get_paginator("query").paginate(
        TableName=services.settings.audit_log_table_name,
        KeyConditionExpression="execution_id = :execution",
        FilterExpression="#step = :step AND phase = :completion"
        + (" AND chunk = :chunk" if event.chunk_number is not None else ""),
        ExpressionAttributeNames={"#step": "step"},
        ExpressionAttributeValues=item(
            {
                ":execution": event.execution.id,
                ":step": event.event_type,
                ":completion": "completion",
                ":chunk": event.chunk_number,
            }
        ),
        ConsistentRead=True,
    )
    return any(page["Count"] for page in pages)
