"""The result files of a job in S3: a summary, the rejected records as a valid upload, and the reasons of rejection."""

import codecs
import csv
import json
from collections.abc import Mapping
from tempfile import TemporaryFile
from typing import IO, Any

from csv_pipeline.events import S3Object, StepEvent
from csv_pipeline.plan import OF_VERSION
from csv_pipeline.records import HEADER
from csv_pipeline.services import Services
from psycopg import Connection

_ROWS_AT_A_TIME = 10_000


def count_reasons(connection: Connection, version: S3Object) -> dict[str, int]:
    """Return the number of rejected records of this version for each reason, the most frequent first."""
    return dict(
        connection.execute(
            f"SELECT reason, count(*) FROM rejected_records WHERE {OF_VERSION} GROUP BY reason ORDER BY 2 DESC, 1",
            version.model_dump(),
        ).fetchall()
    )


def publish(connection: Connection, services: Services, event: StepEvent, summary: Mapping[str, Any]) -> None:
    """Write summary.json, rejected.csv and rejections.csv, for any number of rejected records."""
    with TemporaryFile() as rejected, TemporaryFile() as rejections:
        _write_rejected(connection, event.object, rejected, rejections)
        for name, file in (("rejected.csv", rejected), ("rejections.csv", rejections)):
            file.seek(0)
            _put(services, event.object, name, "text/csv; charset=utf-8", file)
    facts = {"execution_id": event.execution.id, **event.object.model_dump(), **summary}
    _put(services, event.object, "summary.json", "application/json", json.dumps(facts, ensure_ascii=False).encode())


def _write_rejected(connection: Connection, version: S3Object, rejected: IO[bytes], rejections: IO[bytes]) -> None:
    explanations = csv.writer(codecs.getwriter("utf-8")(rejections))
    explanations.writerow(["line_number", "user_id", "reason"])
    rejected.write((",".join(HEADER) + "\n").encode())
    with connection.transaction(), connection.cursor(name="rejected") as rows:
        rows.itersize = _ROWS_AT_A_TIME
        rows.execute(
            f"SELECT record, line_number, user_id, reason FROM rejected_records WHERE {OF_VERSION} ORDER BY 2",
            version.model_dump(),
        )
        for record, *explanation in rows:
            # Before an LF alone, a CR at the end of the record would be read as a part of the line break.
            rejected.write((record + ("\r\n" if record.endswith("\r") else "\n")).encode())
            explanations.writerow(explanation)


def _put(services: Services, version: S3Object, name: str, content_type: str, body: IO[bytes] | bytes) -> None:
    services.s3.put_object(
        Bucket=version.bucket, Key=version.results_prefix + name, ContentType=content_type, Body=body
    )
