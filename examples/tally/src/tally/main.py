"""The handler of both functions: runs the step that the state machine asks for, and logs and audits its result."""

import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
from botocore.exceptions import ClientError

from tally import files, journal, parts
from tally.config import config, s3
from tally.database import session
from tally.job import Job, ProcessingError

Answer = dict[str, Any]


def handler(event: dict[str, Any], context: Any) -> Answer:
    """Return the result of the step; errors are logged, audited and raised unchanged."""
    job = Job.of(event, context)
    try:
        journal.audit(job, "start", {})
        answer = STEPS[job.step](job, event)
        facts = {name: fact for name, fact in answer.items() if isinstance(fact, int | str)}
        journal.audit(job, "error" if "error" in facts else "completion", facts)
    except Exception as error:
        name = type(error).__name__
        log(job, "ERROR", f"{name}: {error}")
        journal.audit(job, "error", {"error": name, "cause": str(error)})
        raise
    log(job, "INFO", "EVENT_PROCESSED_SUCCESSFULLY", **facts)
    return answer


def log(job: Job, level: str, message: str, **facts: Any) -> None:
    """Write a line of the function's log."""
    line = {"level": level, "message": message, **job.named, "event_type": job.step, **facts}
    print(json.dumps(line, ensure_ascii=False))


def check_file(job: Job, _: Answer) -> Answer:
    """Take the lock and validate the file as a whole; or return the execution that already has the file."""
    if (owner := journal.lock(job)) != job.execution:
        return {"duplicate_of": owner}
    file = files.read(job)
    journal.describe_file(job, size=file.size, records=len(file.records))
    journal.set_job(job, status="RUNNING")
    return {"records": len(file.records)}


def store_parts(job: Job, _: Answer) -> Answer:
    """Store the records in parts."""
    file = files.read(job)
    with session(job) as connection:
        numbers = parts.store(connection, job, file.parts())
    journal.describe_file(job, chunks=len(numbers))
    return {"parts": numbers, "at_once": int(config.max_parallel_workers)}


def apply_part(job: Job, _: Answer) -> Answer:
    """Apply one part."""
    with session(job) as connection:
        counts = parts.apply(connection, job)
    return {"records_applied": counts.applied, "records_rejected": counts.rejected}


def merge_parts(job: Job, event: Answer) -> Answer:
    """Prove that each record is applied or rejected, write the results to S3, and check the error tolerance."""
    with session(job) as connection:
        counts, rejected = parts.so_far(connection, job), parts.rejections(connection, job)
    total = event["records"]
    if sum(counts) != total or len(rejected) != counts.rejected:
        raise ProcessingError(f"the records do not add up: {total} in the file, {counts}, {len(rejected)} kept")
    reasons = Counter(reason for _, reason in rejected).most_common()
    for reason, count in reasons:
        log(job, "ERROR", f"{reason}: {count} of {total} records are rejected")
    _publish(job, "rejected.csv", "\n".join([",".join(files.HEADER), *(text for text, _ in rejected), ""]))
    _publish(job, "summary.json", json.dumps({**counts._asdict(), "reasons": dict(reasons)}))
    if counts.rejected * 100 > Decimal(config.error_tolerance_percent) * total:
        told = ", ".join(f"{count} of {total} {reason}" for reason, count in reasons)
        raise ProcessingError(f"more than {config.error_tolerance_percent} % of the records are rejected: {told}")
    return {"records_applied": counts.applied, "records_rejected": counts.rejected}


def _publish(job: Job, name: str, text: str) -> None:
    s3.put_object(Bucket=job.bucket, Key=job.results + name, Body=text.encode())


def complete_job(job: Job, event: Answer) -> Answer:
    """Complete the job."""
    journal.complete_job(job, **event["totals"])
    log(job, "INFO", "processing completed successfully", **event["totals"])
    return dict(event["totals"])


def note_failure(job: Job, event: Answer) -> Answer:
    """Set the job FAILED, with the counts so far if the database is available, and release the lock."""
    counts: Answer = {}
    try:
        with session(job) as connection:
            applied, rejected = parts.so_far(connection, job)
        counts = {"records_applied": applied, "records_rejected": rejected}
    except (psycopg.Error, ClientError) as unavailable:
        log(job, "WARN", f"the counts so far are unknown: {unavailable}")
    facts = {"error": event["error"], "cause": event["cause"]}
    journal.set_job(job, status="FAILED", **facts, **counts)
    journal.unlock(job)
    return facts


STEPS: dict[str, Callable[[Job, Answer], Answer]] = {
    "csv-validation": check_file,
    "csv-split": store_parts,
    "csv-chunk-processing": apply_part,
    "csv-merge": merge_parts,
    "batch-status-update": complete_job,
    "error-handling": note_failure,
}
