"""The splitter's handler: validates a file as a whole (csv-validation) and cuts it into chunks (csv-split)."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from csv_pipeline.events import SplitEvent, StepEvent
from csv_pipeline.services import start
from csv_pipeline.step import Answer, Steps, logger, run
from split import split_file
from validation import validate_file

STEPS: Steps = {
    "csv-validation": (StepEvent, validate_file),
    "csv-split": (SplitEvent, split_file),
}

services = start()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """Run the step that the state machine asks for."""
    return run(STEPS, event, context, services)
