"""The last step of a job: batch-status-update after the merge, or error-handling after an error."""

import json
from json import JSONDecodeError

import psycopg
from botocore.exceptions import BotoCoreError, ClientError
from csv_pipeline import jobs, lock, plan
from csv_pipeline.errors import DatabaseUnavailableError
from csv_pipeline.events import CompletionEvent, FailureEvent
from csv_pipeline.services import Services
from csv_pipeline.step import Answer, logger


def complete_job(event: CompletionEvent, services: Services) -> Answer:
    """Complete the batch job and mark the lock done, in one transaction; raises LockLostError."""
    totals = event.totals.model_dump()
    jobs.complete_job(event, services, **totals)
    logger.info("processing completed successfully", **totals)
    return {**totals, "results": event.object.results_prefix}


def handle_error(event: FailureEvent, services: Services) -> Answer:
    """Mark the batch job FAILED with the error and the counts so far, and release the lock if this execution has it."""
    cause = message_of(event.cause)
    jobs.update_job(event, services, "FAILED", error=event.error, cause=cause, **counts_so_far(event, services))
    lock.release(event, services)
    return {"error": event.error, "cause": cause}


def counts_so_far(event: FailureEvent, services: Services) -> dict[str, int]:
    """Return the counts that the chunks have committed; {} if the database or its secret cannot be reached."""
    if event.error == DatabaseUnavailableError.__name__:  # another attempt would wait for the same time-out
        return {}
    try:
        with services.database.session(event.function, event.request_id) as connection:
            progress = plan.progress(connection, event.object)
    except (DatabaseUnavailableError, psycopg.Error, BotoCoreError, ClientError) as unavailable:
        logger.warning("the counts so far are unknown", reason=str(unavailable))
        return {}
    return {"records_applied": progress.records_applied, "records_rejected": progress.records_rejected}


def message_of(cause: str) -> str:
    """Extract the message from a cause: Lambda's is a JSON error object, that of Step Functions itself plain text."""
    try:
        error = json.loads(cause)
    except JSONDecodeError:
        return cause
    return str(error["errorMessage"]) if isinstance(error, dict) and "errorMessage" in error else cause
