"""The events that the state machine sends to the functions: one model for each step's own fields."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from aws_lambda_powertools.utilities.parser import BaseModel, ValidationError, parse
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ConfigDict

from csv_pipeline.errors import EventError


class Part(BaseModel):
    """Base class of the parts of an event: immutable, undeclared fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Execution(Part):
    """The execution on whose behalf a step runs."""

    id: str
    name: str
    started: datetime


class S3Object(Part):
    """The object version that an execution processes."""

    bucket: str
    key: str
    version_id: str

    @property
    def file_id(self) -> str:
        """The name of this version in processing-metadata and job-locks."""
        return f"{self.bucket}/{self.key}#{self.version_id}"

    @property
    def results_prefix(self) -> str:
        """The key prefix of the results of this version in the bucket."""
        return f"results/{self.version_id}/"


class Content(Part):
    """The digest of a file's bytes, and the `file_id` of another version that recently had the same bytes."""

    sha256: str | None = None
    same_content_as: str | None = None


class StepEvent(Part):
    """The event fields common to all steps, and the invocation's ids."""

    event_type: str
    execution: Execution
    object: S3Object
    attempt: int
    request_id: str
    function: str

    @property
    def chunk_number(self) -> int | None:
        """The number of the chunk that this step processes; None for other steps."""
        return None


class ChunkEvent(StepEvent):
    """csv-chunk-processing: the chunk to process."""

    chunk: int

    @property
    def chunk_number(self) -> int | None:
        """The number of the chunk that this step processes."""
        return self.chunk


class SplitEvent(StepEvent):
    """csv-split: the number of records that the validation counted."""

    records_total: int


class MergeEvent(StepEvent):
    """csv-merge: the number of records that the validation counted, and the digest that it computed."""

    records_total: int
    content: Content = Content()  # missing in executions that began before a deployment


class Totals(Part):
    """The numbers of all, of applied and of rejected records of a file."""

    records_total: int
    records_applied: int
    records_rejected: int


class CompletionEvent(StepEvent):
    """batch-status-update: the totals that the merge proved."""

    totals: Totals


class FailureEvent(StepEvent):
    """error-handling: the error that ended the execution, as Step Functions names it."""

    error: str
    cause: str


EventT = TypeVar("EventT", bound=StepEvent)


def parse_event(model: type[EventT], payload: Mapping[str, Any], context: LambdaContext) -> EventT:
    """Read `payload` as the event of a step, or raise an EventError that names every field at fault."""
    invocation = {"request_id": context.aws_request_id, "function": context.function_name}
    try:
        return parse(event={**payload, **invocation}, model=model)
    except ValidationError as invalid:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in invalid.errors(include_url=False)
        )
        raise EventError(f"the event is not what {model.__name__} wants: {faults}") from None
