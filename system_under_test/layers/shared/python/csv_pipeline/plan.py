"""The plan: the byte range of each chunk of a file. It is stored once per version, and outlives every lock."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from psycopg import Connection

from csv_pipeline.events import S3Object
from csv_pipeline.tokenizer import Record

# Each chunk costs an invocation, a login and four calls, whatever its size: as much as WORTHWHILE records. So chunks
# are large, but leave two for each of five workers, and one for each of up to 20 where that leaves WORTHWHILE records
# to each; and they hold their row locks only as long as other chunks can wait. The price: more than 20 workers pay
# above a million records only.
FEW_CHUNKS = 10
WORTHWHILE = 2_500  # records
ENOUGH_CHUNKS = 20
FULL_CHUNK = 50_000  # records
MAX_CHUNKS = 200


class Chunk(NamedTuple):
    """A range of whole records: bytes from `first_byte` up to, excluding, `end_byte`."""

    chunk: int  # counted from 1
    first_byte: int
    end_byte: int
    first_line: int
    record_count: int


class ChunkCounts(NamedTuple):
    """The numbers of applied and rejected records of one chunk."""

    records_applied: int
    records_rejected: int


class Progress(NamedTuple):
    """The current totals of the plan of a whole file."""

    records_total: int
    records_applied: int
    records_rejected: int
    chunks: int
    chunks_done: int


def chunk_size(records: int, smallest: int) -> int:
    """Return the records per chunk: a 20th of all, up to 50,000; at least `smallest`, and enough for 200 chunks.

    Of less than 50,000 records it is a tenth, up to 2,500.
    """
    a_tenth, a_20th, a_200th = (-(-records // chunks) for chunks in (FEW_CHUNKS, ENOUGH_CHUNKS, MAX_CHUNKS))
    return max(smallest, min(a_tenth, WORTHWHILE), min(a_20th, FULL_CHUNK), a_200th)


def cut(records: Iterable[Record], size: int, end_byte: int) -> Iterator[Chunk]:
    """Cut the records of a file that ends at `end_byte` into chunks of `size` records, the last one with the rest."""
    first, count, number = None, 0, 0
    for record in records:
        if first is not None and count == size:
            number += 1
            yield Chunk(number, first.first_byte, record.first_byte, first.line, count)
            first, count = None, 0
        first = first or record
        count += 1
    if first is not None:
        yield Chunk(number + 1, first.first_byte, end_byte, first.line, count)


OF_VERSION = "bucket = %(bucket)s AND object_key = %(key)s AND version_id = %(version_id)s"


def stored_chunks(connection: Connection, version: S3Object) -> list[int]:
    """The numbers of the chunks in the stored plan of this version, in order; empty while there is none."""
    rows = connection.execute(f"SELECT chunk FROM chunk_plan WHERE {OF_VERSION} ORDER BY chunk", version.model_dump())
    return [chunk for (chunk,) in rows]


def store(connection: Connection, version: S3Object, chunks: Iterable[Chunk], execution_id: str) -> list[int]:
    """Store the plan of this version unless there is one, and return the chunk numbers of the stored plan.

    Two splitters may run at once with different chunk sizes, and a mixture of their plans would be invalid: hence the
    advisory lock, which PostgreSQL releases with the transaction.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [version.file_id])
        stored = stored_chunks(connection, version)
        if stored:
            return stored
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY chunk_plan (bucket, object_key, version_id, chunk, first_byte, end_byte, first_line,"
                " record_count, execution_id) FROM STDIN"
            ) as copy,
        ):
            for chunk in chunks:
                copy.write_row((version.bucket, version.key, version.version_id, *chunk, execution_id))
        return stored_chunks(connection, version)


def lock_chunk(connection: Connection, version: S3Object, chunk: int) -> tuple[Chunk, ChunkCounts | None] | None:
    """Lock the plan row of a chunk until the transaction ends; return it, with its counts if done. None if missing."""
    row = connection.execute(
        "SELECT chunk, first_byte, end_byte, first_line, record_count, state, records_applied, records_rejected"
        f" FROM chunk_plan WHERE {OF_VERSION} AND chunk = %(chunk)s FOR UPDATE",
        {**version.model_dump(), "chunk": chunk},
    ).fetchone()
    if row is None:
        return None
    *planned, state, applied, rejected = row
    return Chunk(*planned), ChunkCounts(applied, rejected) if state == "done" else None


def finish_chunk(connection: Connection, version: S3Object, chunk: int, counts: ChunkCounts, execution_id: str) -> None:
    """Mark a chunk done, in the transaction that applies its records."""
    connection.execute(
        "UPDATE chunk_plan SET state = 'done', records_applied = %(records_applied)s,"
        " records_rejected = %(records_rejected)s,"
        f" execution_id = %(execution_id)s, updated_at = now() WHERE {OF_VERSION} AND chunk = %(chunk)s",
        {**version.model_dump(), **counts._asdict(), "chunk": chunk, "execution_id": execution_id},
    )


def progress(connection: Connection, version: S3Object) -> Progress:
    """Return the totals of the plan of this version."""
    (row,) = connection.execute(
        "SELECT coalesce(sum(record_count), 0)::bigint, coalesce(sum(records_applied), 0)::bigint,"
        " coalesce(sum(records_rejected), 0)::bigint, count(*), count(*) FILTER (WHERE state = 'done')"
        f" FROM chunk_plan WHERE {OF_VERSION}",
        version.model_dump(),
    ).fetchall()
    return Progress(*row)
