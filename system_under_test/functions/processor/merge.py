"""csv-merge: proves that every record is applied or rejected, publishes the results, checks the error tolerance."""

from collections.abc import Mapping
from decimal import Decimal

import results
from csv_pipeline import jobs, plan
from csv_pipeline.errors import ProcessingError
from csv_pipeline.events import MergeEvent
from csv_pipeline.services import Services
from csv_pipeline.step import Answer


def merge_results(event: MergeEvent, services: Services) -> Answer:
    """Return the totals; raises ProcessingError if they do not add up or too many records are rejected."""
    tolerance = services.settings.error_tolerance_percent
    with services.database.session(event.function, event.request_id) as connection:
        progress = plan.progress(connection, event.object)
        reasons = results.count_reasons(connection, event.object)
        check_totals(progress, event.records_total, sum(reasons.values()))
        results.publish(
            connection, services, event, {**progress._asdict(), "reasons": reasons, **event.content.model_dump()}
        )
    jobs.record_metadata(event, services, **progress._asdict())
    check_tolerance(progress, reasons, tolerance)
    return {
        "records_total": progress.records_total,
        "records_applied": progress.records_applied,
        "records_rejected": progress.records_rejected,
    }


def check_totals(progress: plan.Progress, records_total: int, rejected_kept: int) -> None:
    """Raise a ProcessingError unless all chunks are done and applied + rejected = records in the file."""
    found = progress.records_applied + progress.records_rejected
    if progress.chunks_done < progress.chunks:
        raise ProcessingError(f"only {progress.chunks_done} of {progress.chunks} chunks are done")
    if not found == progress.records_total == records_total or rejected_kept != progress.records_rejected:
        raise ProcessingError(
            f"the records do not add up: {records_total} in the file, {progress.records_total} in the plan, "
            f"{progress.records_applied} applied and {progress.records_rejected} rejected, {rejected_kept} of them kept"
        )


def check_tolerance(progress: plan.Progress, reasons: Mapping[str, int], tolerance_percent: Decimal) -> None:
    """Raise a ProcessingError with the count for each reason if more records are rejected than tolerated."""
    if progress.records_rejected * 100 > tolerance_percent * progress.records_total:
        raise ProcessingError(
            f"{progress.records_rejected} of {progress.records_total} records are rejected, more than the "
            f"{tolerance_percent:g} % tolerated: "
            + ", ".join(f"{count} of {progress.records_total} {reason}" for reason, count in reasons.items())
        )
