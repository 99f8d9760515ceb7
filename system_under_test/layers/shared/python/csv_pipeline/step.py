"""Runs one invocation of any step: parses the event, writes audit trail, log and metrics, and re-raises errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from csv_pipeline import audit
from csv_pipeline.errors import EventError
from csv_pipeline.events import StepEvent, parse_event
from csv_pipeline.services import Services

Answer: TypeAlias = dict[str, Any]
# The steps by event type: the model of the event, and the function that processes it.
Steps: TypeAlias = Mapping[str, tuple[type[Any], Callable[[Any, Services], Answer]]]

_METRICS = {"records_applied": "RecordsApplied", "records_rejected": "RecordsRejected"}

logger = Logger()
metrics = Metrics()


def run(steps: Steps, payload: Mapping[str, Any], context: LambdaContext, services: Services) -> Answer:
    """Run the step that `payload` names and return its result; errors are logged, audited and raised unchanged."""
    event_type = str(payload.get("event_type"))
    if event_type not in steps:
        raise EventError(f"this function has no step {event_type!r}, but {', '.join(steps)}")
    model, work = steps[event_type]
    event: StepEvent = parse_event(model, payload, context)
    with logger.append_context_keys(**_identity(event)):
        try:
            audit.record(event, services, "start")
            answer = work(event, services)
            facts: dict[str, Any] = {name: fact for name, fact in answer.items() if isinstance(fact, int | str)}
            # error-handling returns the error that ended the execution, which its entry has to record.
            audit.record(event, services, "error" if "error" in facts else "completion", **facts)
        except Exception as error:
            _record_error(event, services, error)
            raise
        _emit_metrics(event, facts)
        logger.info("EVENT_PROCESSED_SUCCESSFULLY", **facts)
    return answer


def _identity(event: StepEvent) -> dict[str, Any]:
    identity = {"execution_id": event.execution.id, "event_type": event.event_type}
    return identity if event.chunk_number is None else {**identity, "chunk": event.chunk_number}


def _record_error(event: StepEvent, services: Services, error: Exception) -> None:
    name = type(error).__name__
    logger.exception(f"{name}: {error}")
    try:
        audit.record(event, services, "error", error=name, cause=str(error))
    except (BotoCoreError, ClientError):
        logger.exception("this error is missing from the audit trail; error-handling will write the execution's")


def _emit_metrics(event: StepEvent, facts: Mapping[str, Any]) -> None:
    metrics.add_dimension("event_type", event.event_type)
    metrics.add_metric("EventsProcessed", MetricUnit.Count, 1)
    for fact, name in _METRICS.items():
        if fact in facts:
            metrics.add_metric(name, MetricUnit.Count, facts[fact])
    for key, value in _identity(event).items():
        if key != "event_type":  # already a dimension
            metrics.add_metadata(key, value)
    metrics.flush_metrics()
