"""The audit trail: when each step and chunk started and how it ended, one item each, never overwritten."""

from datetime import UTC, datetime
from typing import Literal

from botocore.exceptions import ClientError

from csv_pipeline import lock
from csv_pipeline.events import StepEvent
from csv_pipeline.items import Value, condition_refused, iso, item
from csv_pipeline.services import Services

Phase = Literal["start", "completion", "error"]


def record(event: StepEvent, services: Services, phase: Phase, **facts: Value) -> None:
    """Write one entry of this invocation; `facts` are the counts or the error it ended with.

    Of the attempts at a step or chunk one alone writes its completion, and one its error, also where one that was given
    up is still at work beside its retry: the first to end says under which key, and the others find the entry there.
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
        # Written by another attempt, or by this very request, which the SDK sends again when it had no answer.
        if not condition_refused(refused):
            raise
