"""The audit trail: when each step and chunk started and how it ended, one item each, never overwritten."""

from datetime import UTC, datetime
from typing import Literal

from csv_pipeline import lock
from csv_pipeline.events import StepEvent
from csv_pipeline.items import Value, iso, item, write_together
from csv_pipeline.services import Services

Phase = Literal["start", "completion", "error"]


def record(event: StepEvent, services: Services, phase: Phase, **facts: Value) -> None:
    """Write one entry of this invocation; `facts` are the counts or the error it ended with.

    Of the attempts at a step or chunk one alone writes its completion, also where one that was given up is still at
    work beside its retry. What is refused is an entry that is there already: by an earlier attempt, or by this very
    request, which the SDK sends again when it had no answer.
    """
    moment = iso(datetime.now(UTC))
    chunk = "-" if event.chunk_number is None else event.chunk_number
    entry = item(
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
    )
    absent = {
        "TableName": services.settings.audit_log_table_name,
        "Item": entry,
        "ConditionExpression": "attribute_not_exists(execution_id)",
    }
    only_one = [lock.completion(event, services, chunk)] if phase == "completion" else []
    write_together(services.dynamodb, [{"Put": absent}, *only_one])
