"""What a step reads and leaves beside the database, kept in memory where thousands of files are to be judged by it.

S3's and DynamoDB's own answers are the business of the tests on the embedded AWS.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from botocore.response import StreamingBody


class Objects:
    """An S3 that holds one version of one object, and takes whatever results are put beside it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def get_object(self, Range: str = "bytes=0-", **_: str) -> dict[str, Any]:  # noqa: N803  # AWS's own name
        first, last = re.fullmatch(r"bytes=(\d+)-(\d*)", Range).groups()  # type: ignore[union-attr]  # or it raises
        part = self._content[int(first) : int(last) + 1 if last else None]
        return {"ContentLength": len(part), "Body": StreamingBody(io.BytesIO(part), len(part))}

    def put_object(self, **_: Any) -> None: ...


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
