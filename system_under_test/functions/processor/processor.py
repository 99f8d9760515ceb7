"""The processor's handler: processes chunks, merges their results, completes the job and handles errors."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from chunk_processing import process_chunk
from csv_pipeline.events import ChunkEvent, CompletionEvent, FailureEvent, MergeEvent
from csv_pipeline.services import start
from csv_pipeline.step import Answer, Steps, logger, run
from ending import complete_job, handle_error
from merge import merge_results

STEPS: Steps = {
    "csv-chunk-processing": (ChunkEvent, process_chunk),
    "csv-merge": (MergeEvent, merge_results),
    "batch-status-update": (CompletionEvent, complete_job),
    "error-handling": (FailureEvent, handle_error),
}

services = start()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """Run the step that the state machine asks for."""
    return run(STEPS, event, context, services)
