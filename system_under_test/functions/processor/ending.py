"""How a job ends: batch-status-update after the merge, error-handling after an error."""

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
    """Complete the batch job and mark the lock done, both or neither; raises LockLostError."""
    totals = event.totals.model_dump()
    jobs.complete_job(event, services, **totals)
    logger.info("processing completed successfully", **totals)
    return {**totals, "results": event.object.results_prefix}


def handle_error(event: FailureEvent, services: Services) -> Answer:
    """Mark the batch job FAILED with the error and the counts so far, and give back the lock where it is our own."""
    cause = message_of(event.cause)
    jobs.update_job(event, services, "FAILED", error=event.error, cause=cause, **counts_so_far(event, services))
    lock.release(event, services)
    return {"error": event.error, "cause": cause}


def counts_so_far(event: FailureEvent, services: Services) -> dict[str, int]:
    """What the chunks have committed by now; nothing where the database, or the way to its secret, is what fails."""
    if event.error == DatabaseUnavailableError.__name__:  # asking again would wait for the same time-out
        return {}
    try:
        with services.database.session(event.function, event.request_id) as connection:
            progress = plan.progress(connection, event.object)
    except (DatabaseUnavailableError, psycopg.Error, BotoCoreError, ClientError) as unavailable:
        logger.warning("the counts so far are unknown", reason=str(unavailable))
        return {}
    return {"records_applied": progress.records_applied, "records_rejected": progress.records_rejected}


def message_of(cause: str) -> str:
    """The message within a cause: Lambda's is the JSON of its whole error, Step Functions' own is plain text."""
    try:
        error = json.loads(cause)
    except JSONDecodeError:
        return cause
    return str(error["errorMessage"]) if isinstance(error, dict) and "errorMessage" in error else cause
