"""Queries of the tests: counts, fates and sessions in Aurora, items in DynamoDB, results in S3."""

from __future__ import annotations

import psycopg

from steps.drivers.waiting import eventually
from tests.system_under_test.environment import BUCKET
from tests.system_under_test.pipeline import Pipeline, Run, Upload

PATIENCE_SECONDS = 20


def statistics(database: psycopg.Connection, users: list[str]) -> dict[str, tuple[int, int]]:
    """The counts of these users; a user without statistics is left out."""
    rows = database.execute(
        "SELECT user_id, login_count, post_count FROM user_statistics WHERE user_id = ANY(%s)", [users]
    )
    return {user: (logins, posts) for user, logins, posts in rows}


def rejected(database: psycopg.Connection, upload: Upload) -> list[tuple[int, str | None, str, str]]:
    """Line, user, reason and text of the rejected records of a version."""
    return database.execute(
        "SELECT line_number, user_id, reason, record FROM rejected_records WHERE version_id = %s ORDER BY line_number",
        [upload["version_id"]],
    ).fetchall()


def planned(database: psycopg.Connection, upload: Upload) -> list[tuple[int, int, int, int, int]]:
    """The plan of a version: chunk, first byte, end byte, first line, record count."""
    return database.execute(
        "SELECT chunk, first_byte, end_byte, first_line, record_count FROM chunk_plan WHERE version_id = %s ORDER BY 1",
        [upload["version_id"]],
    ).fetchall()


def done(database: psycopg.Connection, upload: Upload) -> list[int]:
    """The chunks of a version that are done."""
    rows = database.execute(
        "SELECT chunk FROM chunk_plan WHERE version_id = %s AND state = 'done' ORDER BY 1", [upload["version_id"]]
    )
    return [chunk for (chunk,) in rows]


def sessions(database: psycopg.Connection) -> list[tuple[str, int, str | None]]:
    """Name, process id and kind of wait of each session of the functions; up to date also within a transaction."""
    database.execute("SELECT pg_stat_clear_snapshot()")
    return database.execute(
        "SELECT application_name, pid, wait_event_type FROM pg_stat_activity WHERE application_name ~ '^csv-'"
    ).fetchall()


def waiting_for_a_lock(database: psycopg.Connection, *request_ids: str) -> list[int]:
    """The process ids of the sessions of these requests, once every one of them waits for a lock."""

    def look() -> list[int] | None:
        waits = {name.split()[-1]: pid for name, pid, wait in sessions(database) if wait == "Lock"}
        return [waits[request] for request in request_ids] if waits.keys() >= set(request_ids) else None

    return eventually(
        look,
        what=f"{', '.join(request_ids)} to wait for a lock",
        within=PATIENCE_SECONDS,
        every=0.01,
        seen=lambda: str(sessions(database)),
    )


def result(pipeline: Pipeline, upload: Upload, name: str) -> bytes:
    """A file among the results of a version."""
    stored = pipeline.s3.get_object(Bucket=BUCKET, Key=f"results/{upload['version_id']}/{name}")
    content: bytes = stored["Body"].read()
    return content


def items(pipeline: Pipeline, table: str, **key: str) -> list[dict[str, str]]:
    """The items of one partition of a table, as plain text."""
    ((name, value),) = key.items()
    answer = pipeline.dynamodb.query(
        TableName=table,
        KeyConditionExpression="#key = :key",
        ExpressionAttributeNames={"#key": name},
        ExpressionAttributeValues={":key": {"S": value}},
    )
    return [{name: next(iter(typed.values())) for name, typed in item.items()} for item in answer["Items"]]


def file_id(upload: Upload) -> str:
    """The name of a version in DynamoDB."""
    return "{bucket}/{key}#{version_id}".format(**upload)


def lock(pipeline: Pipeline, upload: Upload) -> list[tuple[str, str]]:
    """Owner and state of the lock of a version; empty where there is none."""
    return [(item["owner"], item["state"]) for item in items(pipeline, "job-locks", lock_key=file_id(upload))]


def job(pipeline: Pipeline, run: Run) -> dict[str, str]:
    """The batch job of an execution."""
    (item,) = items(pipeline, "batch-jobs", job_id=run.name)
    return item


def audit_trail(pipeline: Pipeline, run: Run) -> list[dict[str, str]]:
    """The audit entries of an execution, in order."""
    return items(pipeline, "audit-logs", execution_id=run.arn)
