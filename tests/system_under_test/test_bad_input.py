"""Each record of any file meets the fate that the rules give it: both handlers are compared with a model of the rules.

500 files, the same ones each time where CI is set; each night draws 10,000 others (`--hypothesis-profile=thorough`).
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg
import pytest
from botocore.response import StreamingBody
from csv_pipeline.errors import ValidationError
from hypothesis import example, given, settings

from local_aws import LocalAws
from tests.system_under_test.hostile_files import (
    ACTIVE,
    INACTIVE,
    LONG,
    hostile_files,
    sizes_of_chunks,
    totals_before,
)
from tests.system_under_test.models import Totals, fates_of, records_below_header
from tests.system_under_test.pipeline import HEADER, Pipeline, Run
from tests.system_under_test.stores import planned, rejected, statistics

REGISTERED = dict.fromkeys(ACTIVE, True) | dict.fromkeys(INACTIVE, False)
FILES = 5 * settings().max_examples
_versions = count(1)


class Objects:
    """An S3 in memory with one version of one object; thousands of files would take too long on the embedded AWS."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def get_object(self, Range: str = "bytes=0-", **_: str) -> dict[str, Any]:  # noqa: N803  # AWS's own name
        first, last = re.fullmatch(r"bytes=(\d+)-(\d*)", Range).groups()  # type: ignore[union-attr]  # or it raises
        part = self._content[int(first) : int(last) + 1 if last else None]
        return {"ContentLength": len(part), "Body": StreamingBody(io.BytesIO(part), len(part))}


class Items:
    """A DynamoDB whose tables nobody else writes to, so that every condition holds."""

    def put_item(self, **_: Any) -> None: ...

    def update_item(self, **_: Any) -> dict[str, Any]:
        return {"Attributes": {"earlier": {"S": "nobody"}, "earlier_until": {"N": "0"}}}


class OneSession:
    """The database by one session, which stays open."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    @contextmanager
    def session(self, function: str, request_id: str) -> Iterator[psycopg.Connection]:
        yield self._connection


@pytest.fixture(scope="module")
def session(functions: Pipeline, aws: LocalAws) -> Iterator[psycopg.Connection]:
    """One session for all files, with the users that they are about."""
    with psycopg.connect(aws.database_url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")  # nothing here has to outlive the server
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO users (user_id, username, email, is_active) VALUES (%s, 'a user', %s, %s)",
                [(user, f"{user}@example.com", active) for user, active in REGISTERED.items()],
            )
        yield connection
        connection.execute("DELETE FROM user_statistics WHERE user_id = ANY(%s)", [ACTIVE])
        connection.execute("DELETE FROM users WHERE user_id = ANY(%s)", [[*REGISTERED]])


def start_from(session: psycopg.Connection, totals: Totals) -> None:
    with session.pipeline():
        session.execute("DELETE FROM user_statistics WHERE user_id = ANY(%s)", [ACTIVE])
        for user, counts in totals.items():
            session.execute(
                "INSERT INTO user_statistics (user_id, login_count, post_count) VALUES (%s, %s, %s)", [user, *counts]
            )


@settings(max_examples=FILES)
@given(hostile_files, sizes_of_chunks, totals_before)
@example(f"{HEADER}\n".encode() + f"{ACTIVE[0]},1,2\n".encode() * 10_000, 2_500, {})
@example(f"{HEADER}\n{ACTIVE[0]},{'0' * 5000}1,1\n{ACTIVE[0]},1,{'9' * 5000}\n{'x' * LONG}".encode(), 10, {})
@example(f"{HEADER}\n{ACTIVE[0]},1,1\n{'x' * (LONG + 1)}".encode(), 10, {})
@example(f'{HEADER}\n"{ACTIVE[0]}","1","1"\r\r\n'.encode(), 10, {})
@example('"{}"\r\r\n'.format(HEADER.replace(",", '","')).encode(), 10, {})
def test_each_record_meets_its_fate(
    functions: Pipeline, session: psycopg.Connection, body: bytes, size: int, before: Totals
) -> None:
    upload, run = {"bucket": "uploads", "key": "incoming/a.csv", "version_id": f"hostile-{next(_versions)}"}, Run()
    services = {"s3": Objects(body), "dynamodb": Items(), "database": OneSession(session)}
    wanted = records_below_header(body)
    start_from(session, before)
    with functions.configured(CHUNK_SIZE=str(size)), functions.talking_to(**services):
        if wanted is None:
            with pytest.raises(ValidationError):
                functions.step("csv-validation", upload, run)
            return
        for chunk in functions.plan(upload, run):
            functions.step("csv-chunk-processing", upload, run, chunk=chunk)
    reasons, totals = fates_of([wanted[at : at + size] for at in range(0, len(wanted), size)], REGISTERED, before)
    texts = {line: content.decode().replace("\0", "?") for line, _, content in wanted}
    assert statistics(session, ACTIVE) == totals
    assert [(line, reason, text) for line, _, reason, text in rejected(session, upload)] == [
        (line, reason, texts[line]) for line, reason in sorted(reasons.items())
    ]
    assert sum(records for *_, records in planned(session, upload)) == len(wanted)
