"""The parts of a file in Aurora: each is a row with its records as arrays and, once it is done, its counts.

These rows ensure that every record is applied once: a part that is done is never applied again.
"""

from collections.abc import Iterable
from typing import NamedTuple

from psycopg import Connection
from psycopg.errors import DeadlockDetected, ForeignKeyViolation, NumericValueOutOfRange, SerializationFailure

from tally.files import Record
from tally.job import Job, ProcessingError

# A new transaction resolves each: it finds that a user was deleted meanwhile, or that a sum has become too large.
_TRANSIENT = (DeadlockDetected, SerializationFailure, ForeignKeyViolation, NumericValueOutOfRange)
_TRIES = 4


class Counts(NamedTuple):
    """The numbers of applied and rejected records."""

    applied: int
    rejected: int


def store(connection: Connection, job: Job, parts: Iterable[list[Record]]) -> list[int]:
    """Store the parts of a file unless they are stored already, and return the numbers of the stored parts."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [job.file_id])
        if not (stored := _stored(connection, job)):
            for number, records in enumerate(parts, 1):
                connection.execute(
                    "INSERT INTO file_parts (file_id, part, lines, texts, users, logins, posts)"
                    " VALUES (%s, %s, %s, %s, %s, %s::bigint[], %s::bigint[])",
                    [job.file_id, number, *map(list, zip(*records, strict=True))],
                )
            stored = _stored(connection, job)
    return stored


def _stored(connection: Connection, job: Job) -> list[int]:
    rows = connection.execute("SELECT part FROM file_parts WHERE file_id = %s ORDER BY part", [job.file_id])
    return [part for (part,) in rows]


def apply(connection: Connection, job: Job) -> Counts:
    """Apply or reject each record of a part in one transaction; if the part is done already, just return its counts."""
    for tries_left in reversed(range(_TRIES)):
        try:
            with connection.transaction():
                return _apply(connection, job)
        except _TRANSIENT:
            if not tries_left:
                raise
    raise AssertionError("the last try either returns or raises")


def _apply(connection: Connection, job: Job) -> Counts:
    row = connection.execute(
        "SELECT applied, rejected FROM file_parts WHERE file_id = %s AND part = %s FOR UPDATE", [job.file_id, job.part]
    ).fetchone()
    if row is None:
        raise ProcessingError(f"{job.file_id} has no part {job.part}")
    if row[0] is None:
        (row,) = connection.execute(_APPLY, job._asdict() | {"file_id": job.file_id}).fetchall()
    return Counts(*row)


# One statement decides for each record whether it is rejected, then adds it to the totals or stores it as rejected. The
# totals are locked in the order of user ids, so that two parts cannot deadlock.
_APPLY = """
WITH record AS (
    SELECT record.*,
           CASE WHEN record.logins IS NULL
                  OR coalesce(login_count, 0) + sum(record.logins) OVER of_user > 9223372036854775807
                  OR coalesce(post_count, 0) + sum(record.posts) OVER of_user > 9223372036854775807
                THEN 'ValidationError'
                WHEN users.user_id IS NULL THEN 'UserNotFoundError'
                WHEN NOT users.is_active THEN 'UserInactiveError'
           END AS reason
    FROM file_parts,
         unnest(lines, texts, users, logins, posts) AS record (line, text, user_id, logins, posts)
         LEFT JOIN users USING (user_id)
         LEFT JOIN user_statistics USING (user_id)
    WHERE file_id = %(file_id)s AND part = %(part)s
    WINDOW of_user AS (PARTITION BY record.user_id)
),
kept AS (
    INSERT INTO rejections (file_id, line, user_id, reason, text)
    SELECT %(file_id)s, line, user_id, reason, text FROM record WHERE reason IS NOT NULL
),
added AS (
    INSERT INTO user_statistics AS total (user_id, login_count, post_count, last_execution_id)
    SELECT user_id, sum(logins), sum(posts), %(execution)s
    FROM record WHERE reason IS NULL
    GROUP BY user_id ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE
    SET login_count = total.login_count + excluded.login_count,
        post_count = total.post_count + excluded.post_count,
        updated_at = now(),
        last_execution_id = excluded.last_execution_id
)
UPDATE file_parts
SET applied = (SELECT count(*) FROM record WHERE reason IS NULL),
    rejected = (SELECT count(*) FROM record WHERE reason IS NOT NULL)
WHERE file_id = %(file_id)s AND part = %(part)s
RETURNING applied, rejected
"""


def so_far(connection: Connection, job: Job) -> Counts:
    """The total counts of the parts that are done."""
    (row,) = connection.execute(
        "SELECT coalesce(sum(applied), 0)::bigint, coalesce(sum(rejected), 0)::bigint FROM file_parts"
        " WHERE file_id = %s",
        [job.file_id],
    ).fetchall()
    return Counts(*row)


def rejections(connection: Connection, job: Job) -> list[tuple[str, str]]:
    """Return (text, reason) of each rejected record, in the file's order."""
    rows = connection.execute("SELECT text, reason FROM rejections WHERE file_id = %s ORDER BY line", [job.file_id])
    return rows.fetchall()
