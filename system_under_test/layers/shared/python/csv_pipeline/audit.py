"""The audit trail: one item for each start and each end of a step or chunk, never overwritten."""

from datetime import UTC, datetime
from typing import Literal

from botocore.exceptions import ClientError

from csv_pipeline import lock
from csv_pipeline.events import StepEvent
from csv_pipeline.items import Value, condition_refused, iso, item
from csv_pipeline.services import Services

Phase = Literal["start", "completion", "error"]


def record(event: StepEvent, services: Services, phase: Phase, **facts: Value) -> None:
    """Write one entry of this invocation; `facts` are the counts or the error with which it ended.

    Each step or chunk gets at most one completion entry and one error entry, even if a timed-out attempt still runs
    beside its retry: the first attempt to end fixes the key of the entry, and the writes of all others are refused.
    """
    moment = iso(datetime.now(UTC))
    chunk = "-" if event.chunk_number is None else event.chunk_number
    key = f"{moment}#{event.event_type}#{chunk}#{event.attempt}"
    if phase != "start":
        key = lock.first_end(event, services, phase, key)
    try:
        services.dynamodb.put_item(
            TableName=services.settings.audit_log_table_name,
            Item=item(
                {
                    "execution_id": event.execution.id,
                    "timestamp": key,
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
        # Written by another attempt, or by this request, which the SDK sends again if it received no response.
        if not condition_refused(refused):
            raise
