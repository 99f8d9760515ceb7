"""csv-chunk-processing: processes a chunk in one transaction, so that its records and plan row change atomically."""

from collections.abc import Mapping
from typing import NamedTuple

import chunk_sql
import staging
from csv_pipeline import plan
from csv_pipeline.errors import ProcessingError, Reason
from csv_pipeline.events import ChunkEvent
from csv_pipeline.objects import open_version
from csv_pipeline.services import Services
from csv_pipeline.step import Answer, logger
from psycopg import Connection
from psycopg.errors import DeadlockDetected, ForeignKeyViolation, NumericValueOutOfRange, SerializationFailure

# A new transaction resolves each of these errors. The first two are conflicts with other transactions. The last two are
# due to bad records, for which the first attempt neither searches nor stages lines: most chunks have none.
RETRIED = (SerializationFailure, DeadlockDetected, ForeignKeyViolation, NumericValueOutOfRange)
SEARCHES = (chunk_sql.reject_inactive_users, chunk_sql.reject_unknown_users, chunk_sql.reject_overflows)
# The number of searches that an error requires. PostgreSQL checks for overflows first, so they may hide unknown users.
# Inactive users cause no error: the first attempt asks for them.
_SEARCHES_FOR: Mapping[type[Exception], int] = {ForeignKeyViolation: 2, NumericValueOutOfRange: 3}


class Outcome(NamedTuple):
    """The counts of a chunk and the reasons of its rejections; no reasons if an earlier invocation did the work."""

    counts: plan.ChunkCounts
    reasons: Mapping[Reason, int]


def process_chunk(event: ChunkEvent, services: Services) -> Answer:
    """Apply or reject each record of the chunk exactly once, also when invoked again, and return the counts."""
    with services.database.session(event.function, event.request_id) as connection:
        outcome = _until_committed(connection, event, services)
    for reason, count in outcome.reasons.items():
        logger.error(f"{reason}: {count} records rejected", reason=reason, count=count)
    return outcome.counts._asdict()


def _until_committed(connection: Connection, event: ChunkEvent, services: Services) -> Outcome:
    searches, retries_left = 0, services.settings.max_retry_attempts
    while True:
        try:
            with connection.transaction():
                return _process(connection, event, services, searches)
        except RETRIED as conflict:
            wanted = _SEARCHES_FOR.get(type(conflict), 0)
            if wanted <= searches:  # caused by another transaction, for instance by a user deleted meanwhile
                if not retries_left:
                    raise
                retries_left -= 1
            searches = max(searches, wanted)
            logger.info("the transaction starts again", sqlstate=conflict.sqlstate, retries_left=retries_left)


def _process(connection: Connection, event: ChunkEvent, services: Services, searches: int) -> Outcome:
    locked = plan.lock_chunk(connection, event.object, event.chunk)
    if locked is None:
        raise ProcessingError(f"chunk {event.chunk} of {event.object.file_id} is in no plan")
    chunk, done = locked
    if done is not None:
        return Outcome(done, {})
    staged = _stage(connection, event, services, chunk, is_numbered=searches > 0)
    if not searches and chunk_sql.has_inactive_users(connection):
        connection.execute("DROP TABLE staging")
        searches, staged = 1, _stage(connection, event, services, chunk, is_numbered=True)
    for search in SEARCHES[:searches]:
        search(connection)
    reasons = chunk_sql.keep_rejected(connection, event.object, event.chunk)
    chunk_sql.add_to_totals(connection, event.execution.id)
    rejected = sum(reasons.values())
    counts = plan.ChunkCounts(staged - rejected, rejected)
    plan.finish_chunk(connection, event.object, event.chunk, counts, event.execution.id)
    return Outcome(counts, reasons)


def _stage(
    connection: Connection, event: ChunkEvent, services: Services, chunk: plan.Chunk, *, is_numbered: bool
) -> int:
    _, blocks = open_version(services.s3, event.object, chunk.first_byte, chunk.end_byte)
    return staging.stage(connection, blocks, chunk.first_line, is_numbered=is_numbered)
