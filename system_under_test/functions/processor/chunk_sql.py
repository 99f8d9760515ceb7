"""The SQL of a chunk, on a staging table that is dropped with the transaction; each statement processes all records.

The first statement that sets the `reason` of a record in staging rejects it; records without a reason are applied.
"""

from csv_pipeline.errors import Reason
from csv_pipeline.events import S3Object
from csv_pipeline.records import MAX_COUNT
from psycopg import Connection


def has_inactive_users(connection: Connection) -> bool:
    """True if the user of a good record is inactive."""
    found = connection.execute(
        "SELECT FROM staging JOIN users USING (user_id) WHERE reason IS NULL AND NOT is_active LIMIT 1"
    )
    return found.fetchone() is not None


def reject_inactive_users(connection: Connection) -> None:
    """Reject the records whose user is inactive."""
    connection.execute(
        """
        UPDATE staging SET reason = %(reason)s
        WHERE reason IS NULL AND user_id IN (SELECT user_id FROM users WHERE NOT is_active)
        """,
        {"reason": Reason.USER_INACTIVE},
    )


def reject_unknown_users(connection: Connection) -> None:
    """Reject the records whose user is not registered."""
    connection.execute(
        """
        UPDATE staging SET reason = %(reason)s
        WHERE reason IS NULL AND NOT EXISTS (SELECT FROM users WHERE users.user_id = staging.user_id)
        """,
        {"reason": Reason.USER_NOT_FOUND},
    )


def reject_overflows(connection: Connection) -> None:
    """Reject all records of users whose sums would overflow; the totals stay locked, so that the check stays valid."""
    connection.execute(
        "SELECT FROM user_statistics WHERE user_id IN (SELECT user_id FROM staging WHERE reason IS NULL)"
        " ORDER BY user_id FOR UPDATE"
    )
    connection.execute(
        """
        UPDATE staging SET reason = %(reason)s
        WHERE reason IS NULL AND user_id IN (
            SELECT user_id FROM staging LEFT JOIN user_statistics AS total USING (user_id)
            WHERE reason IS NULL
            GROUP BY user_id
            HAVING coalesce(max(total.login_count), 0) + sum(logins) > %(most)s
                OR coalesce(max(total.post_count), 0) + sum(posts) > %(most)s)
        """,
        {"reason": Reason.VALIDATION, "most": MAX_COUNT},
    )


def keep_rejected(connection: Connection, version: S3Object, chunk: int) -> dict[Reason, int]:
    """Store the rejected records as they stand in the file, with line and reason; return the count for each reason.

    A plain record has no text in staging; its three fields are joined.
    """
    rows = connection.execute(
        """
        WITH kept AS (
            INSERT INTO rejected_records
                (bucket, object_key, version_id, line_number, chunk, user_id, reason, record)
            SELECT %(bucket)s, %(key)s, %(version_id)s, line_number, %(chunk)s, user_id, reason,
                coalesce(record, concat_ws(',', user_id, logins, posts))
            FROM staging WHERE reason IS NOT NULL
            RETURNING reason)
        SELECT reason, count(*) FROM kept GROUP BY reason ORDER BY reason
        """,
        {**version.model_dump(), "chunk": chunk},
    ).fetchall()
    return {Reason(reason): count for reason, count in rows}


def add_to_totals(connection: Connection, execution_id: str) -> None:
    """Add the counts of all good records to their users' totals.

    Raises NumericValueOutOfRange if a sum overflows, or else ForeignKeyViolation if a user is not registered;
    PostgreSQL checks both anyway.

    Every chunk locks the rows in the order of user ids: in any other order, two chunks that share users could deadlock.
    """
    connection.execute(
        """
        INSERT INTO user_statistics AS total (user_id, login_count, post_count, last_execution_id)
        SELECT user_id, sum(logins), sum(posts), %(execution_id)s
        FROM staging WHERE reason IS NULL
        GROUP BY user_id ORDER BY user_id
        ON CONFLICT (user_id) DO UPDATE
        SET login_count = total.login_count + excluded.login_count,
            post_count = total.post_count + excluded.post_count,
            updated_at = now(),
            last_execution_id = excluded.last_execution_id
        """,
        {"execution_id": execution_id},
    )
