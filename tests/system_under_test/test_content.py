"""Content that another version had in the last thirty days is processed all the same, and reported."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.system_under_test.conftest import NewUsers
from tests.system_under_test.pipeline import Pipeline, Run, Upload
from tests.system_under_test.stores import file_id, items, result


@pytest.fixture
def records(new_users: NewUsers) -> list[str]:
    return [f"{user},1,2" for user in new_users(3)]


def days_ago(days: int) -> Run:
    return Run(started=datetime.now(UTC) - timedelta(days=days))


def same_as(pipeline: Pipeline, upload: Upload) -> str | None:
    """The version whose content is the same, on which processing-metadata and the summary agree."""
    metadata = items(pipeline, "processing-metadata", file_id=file_id(upload))
    (noted,) = (entry for entry in metadata if entry["processing_stage"] == "csv-validation")
    summary = json.loads(result(pipeline, upload, "summary.json"))
    assert (summary["sha256"], summary["same_content_as"]) == (noted["sha256"], noted.get("same_content_as"))
    return noted.get("same_content_as")


def test_a_repeated_attempt_reports_the_same(pipeline: Pipeline, records: list[str]) -> None:
    first, second = pipeline.upload(records), pipeline.upload(records)
    pipeline.run(first)
    run = Run()
    answers = [pipeline.step("csv-validation", second, run, attempt=attempt) for attempt in range(2)]
    assert answers[0] == answers[1]
    pipeline.fail(second, run)
    pipeline.run(second)
    assert (same_as(pipeline, first), same_as(pipeline, second)) == (None, file_id(first))


def test_the_last_version_within_thirty_days_is_reported(pipeline: Pipeline, records: list[str]) -> None:
    uploads = [pipeline.upload(records) for _ in range(4)]
    for upload, days in zip(uploads, [91, 60, 31, 0], strict=True):  # 31, 29 and 31 days apart
        pipeline.run(upload, days_ago(days))
    assert [same_as(pipeline, upload) for upload in uploads] == [None, None, file_id(uploads[1]), None]
