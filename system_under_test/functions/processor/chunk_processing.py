"""csv-chunk-processing: one chunk in one transaction, so that its records and its plan row change together or not."""

from collections.abc import Mapping
from typing import NamedTuple

import merging
from csv_pipeline import plan
from csv_pipeline.errors import ProcessingError, Reason
from csv_pipeline.events import ChunkEvent
from csv_pipeline.objects import open_version
from csv_pipeline.records import judge
from csv_pipeline.services import Services
from csv_pipeline.step import Answer, logger
from csv_pipeline.tokenizer import tokenize
from psycopg import Connection
from psycopg.errors import DeadlockDetected, ForeignKeyViolation, NumericValueOutOfRange, SerializationFailure

# A new transaction does away with each of these: two others are somebody else's transaction in the way, a foreign key
# is violated by a user deleted meanwhile, and an overflow wants the way that looks for it.
RETRIED = (SerializationFailure, DeadlockDetected, ForeignKeyViolation, NumericValueOutOfRange)


class Outcome(NamedTuple):
    """What became of a chunk, and why records were rejected; no reasons where an earlier invocation did the work."""

    counts: plan.ChunkCounts
    reasons: Mapping[Reason, int]


def process_chunk(event: ChunkEvent, services: Services) -> Answer:
    """Apply or reject each record of the chunk exactly once, whoever tried before, and answer how many of each."""
    with services.database.session(event.function, event.request_id) as connection:
        outcome = _until_committed(connection, event, services)
    for reason, count in outcome.reasons.items():
        logger.error(f"{reason}: {count} records rejected", reason=reason, count=count)
    return outcome.counts._asdict()


def _until_committed(connection: Connection, event: ChunkEvent, services: Services) -> Outcome:
    seek_overflow = False
    for retries_left in reversed(range(services.settings.max_retry_attempts + 1)):
        try:
            with connection.transaction():
                return _process(connection, event, services, seek_overflow=seek_overflow)
        except RETRIED as conflict:
            if not retries_left:
                raise
            seek_overflow = seek_overflow or isinstance(conflict, NumericValueOutOfRange)
            logger.info("the transaction starts again", sqlstate=conflict.sqlstate, retries_left=retries_left)
    raise AssertionError("the last retry either returns or raises")


def _process(connection: Connection, event: ChunkEvent, services: Services, *, seek_overflow: bool) -> Outcome:
    locked = plan.lock_chunk(connection, event.object, event.chunk)
    if locked is None:
        raise ProcessingError(f"chunk {event.chunk} of {event.object.file_id} is in no plan")
    chunk, done = locked
    if done is not None:
        return Outcome(done, {})
    _, blocks = open_version(services.s3, event.object, chunk.first_byte, chunk.end_byte)
    records = tokenize(blocks, chunk.first_byte, chunk.first_line)
    merging.stage(connection, ((record.line, judge(record.content)) for record in records))
    merging.reject_users(connection)
    if seek_overflow:
        merging.reject_overflows(connection)
    applied, reasons = merging.fates(connection)
    merging.keep_rejected(connection, event.object, event.chunk)
    merging.merge(connection, event.execution.id)
    counts = plan.ChunkCounts(applied, sum(reasons.values()))
    plan.finish_chunk(connection, event.object, event.chunk, counts, event.execution.id)
    return Outcome(counts, reasons)
