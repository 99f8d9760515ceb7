"""The DynamoDB items for operators: the batch job of an execution, and the facts of a file at each stage."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from csv_pipeline.errors import LockLostError
from csv_pipeline.events import StepEvent
from csv_pipeline.items import Value, attribute, item, write_together
from csv_pipeline.services import Services

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import UpdateTypeDef


def update_job(event: StepEvent, services: Services, status: str, **facts: Value) -> None:
    """Set the status and other facts of this execution's batch job; creates the job if it does not exist."""
    services.dynamodb.update_item(**_job_update(event, services, status, facts))


def complete_job(event: StepEvent, services: Services, **facts: Value) -> None:
    """Set the batch job COMPLETED and the job lock done, in one transaction; raises LockLostError."""
    done = {
        "TableName": services.settings.job_locks_table_name,
        "Key": item({"lock_key": event.object.file_id}),
        "UpdateExpression": "SET #state = :done",
        "ConditionExpression": "#owner = :me",
        "ExpressionAttributeNames": {"#state": "state", "#owner": "owner"},
        "ExpressionAttributeValues": item({":done": "done", ":me": event.execution.id}),
    }
    job = _job_update(event, services, "COMPLETED", facts)
    if not write_together(services.dynamodb, [{"Update": job}, {"Update": done}]):
        raise LockLostError(
            f"{event.execution.id} no longer owns the lock of {event.object.file_id}; every record is applied once all "
            "the same, and the job that took the lock reports it"
        )


def record_metadata(event: StepEvent, services: Services, **facts: Value) -> None:
    """Write the facts of the file at this stage."""
    services.dynamodb.put_item(
        TableName=services.settings.processing_metadata_table_name,
        Item=item(
            {
                "file_id": event.object.file_id,
                "processing_stage": event.event_type,
                "execution_id": event.execution.id,
                **event.object.model_dump(),
                "updated_at": datetime.now(UTC),
                **facts,
            }
        ),
    )


def _job_update(event: StepEvent, services: Services, status: str, facts: dict[str, Value]) -> UpdateTypeDef:
    values = {
        name: value
        for name, value in {
            "status": status,
            "execution_id": event.execution.id,
            **event.object.model_dump(),
            "updated_at": datetime.now(UTC),
            **facts,
        }.items()
        if value is not None
    }
    return {
        "TableName": services.settings.batch_jobs_table_name,
        "Key": item({"job_id": event.execution.name, "created_at": event.execution.started}),
        "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
        "ExpressionAttributeNames": {f"#{name}": name for name in values},
        "ExpressionAttributeValues": {f":{name}": attribute(value) for name, value in values.items()},
    }
