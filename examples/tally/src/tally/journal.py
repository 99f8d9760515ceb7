"""The items in DynamoDB: the audit trail, the facts of the file, the batch job, and the lock of the file."""

from datetime import UTC, datetime, timedelta
from time import time
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from tally.config import config, dynamodb
from tally.job import Job, ProcessingError

LOCK_TIME = timedelta(seconds=900)  # as long as an execution may take
_ABSENT = "attribute_not_exists(#key)"
_attribute = TypeSerializer().serialize


def audit(job: Job, phase: str, facts: dict[str, Any]) -> None:
    """Write an entry of this invocation: its start, its completion or its error. No entry is ever overwritten."""
    part = "-" if job.part is None else job.part
    entry = {
        **job.named,
        "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}#{job.step}#{part}#{job.attempt}",
        "step": job.step,
        "phase": phase,
        "request_id": job.request_id,
        **facts,
    }
    dynamodb.put_item(
        TableName=config.audit_log_table_name,
        Item=_item(entry),
        ConditionExpression=_ABSENT,
        ExpressionAttributeNames={"#key": "execution_id"},
    )


def describe_file(job: Job, **facts: Any) -> None:
    """Write the facts of the file after this step."""
    entry = {"file_id": job.file_id, "processing_stage": job.step, "execution_id": job.execution, **facts}
    dynamodb.put_item(TableName=config.processing_metadata_table_name, Item=_item(entry))


def lock(job: Job) -> str:
    """Try to lock the file and return the lock's owner: this execution, or another that has the file already."""
    entry = {
        "lock_key": job.file_id,
        "owner": job.execution,
        "state": "held",
        "expires_at": int((job.started + LOCK_TIME).timestamp()),
    }
    try:
        dynamodb.put_item(
            TableName=config.job_locks_table_name,
            Item=_item(entry),
            ConditionExpression=f"{_ABSENT} OR #owner = :me OR expires_at <= :now",
            ExpressionAttributeNames={"#key": "lock_key", "#owner": "owner"},
            ExpressionAttributeValues=_item({":me": job.execution, ":now": int(time())}),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException as taken:
        answer: Any = taken.response
        return str(answer["Item"]["owner"]["S"])
    return job.execution


def unlock(job: Job) -> None:
    """Release the lock, so that the file can be started again; do nothing if another execution owns it."""
    try:
        dynamodb.delete_item(
            TableName=config.job_locks_table_name,
            Key=_item({"lock_key": job.file_id}),
            ConditionExpression="#owner = :me",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues=_item({":me": job.execution}),
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return


def set_job(job: Job, **facts: Any) -> None:
    """Set facts of the execution's batch job; creates the job if it does not exist."""
    dynamodb.update_item(**_job_update(job, facts))


def complete_job(job: Job, **facts: Any) -> None:
    """Set the job COMPLETED and the lock done in one transaction; raises ProcessingError if the lock is lost."""
    done: Any = {
        "TableName": config.job_locks_table_name,
        "Key": _item({"lock_key": job.file_id}),
        "UpdateExpression": "SET #state = :done",
        "ConditionExpression": "#owner = :me",
        "ExpressionAttributeNames": {"#state": "state", "#owner": "owner"},
        "ExpressionAttributeValues": _item({":done": "done", ":me": job.execution}),
    }
    update = _job_update(job, {"status": "COMPLETED", **facts})
    try:
        dynamodb.transact_write_items(TransactItems=[{"Update": update}, {"Update": done}])
    except dynamodb.exceptions.TransactionCanceledException as cancelled:
        raise ProcessingError(f"another execution has taken {job.file_id}: {cancelled}") from cancelled


def _job_update(job: Job, facts: dict[str, Any]) -> Any:
    name = job.execution.rpartition(":")[2]
    facts = {"execution_id": job.execution, "file_id": job.file_id, **facts}
    return {
        "TableName": config.batch_jobs_table_name,
        "Key": _item({"job_id": name, "created_at": job.started.isoformat()}),
        "UpdateExpression": "SET " + ", ".join(f"#{fact} = :{fact}" for fact in facts),
        "ExpressionAttributeNames": {f"#{fact}": fact for fact in facts},
        "ExpressionAttributeValues": _item({f":{fact}": value for fact, value in facts.items()}),
    }


def _item(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _attribute(value) for name, value in values.items()}
