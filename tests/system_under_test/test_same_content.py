"""Content that another version had lately is processed all the same, and told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.system_under_test.conftest import Log, NewUsers
from tests.system_under_test.pipeline import HEADER, Pipeline, Run, Upload
from tests.system_under_test.stores import file_id, items, result, statistics
from tests.system_under_test.test_job import ALARMING


@pytest.fixture
def records(new_users: NewUsers) -> list[str]:
    return [f"{user},1,2" for user in new_users(3)]


def days_ago(days: int) -> Run:
    return Run(started=datetime.now(UTC) - timedelta(days=days))


def noted(pipeline: Pipeline, upload: Upload) -> dict[str, str]:
    """What processing-metadata has of the content of a version."""
    (entry,) = (
        entry
        for entry in items(pipeline, "processing-metadata", file_id=file_id(upload))
        if entry["processing_stage"] == "csv-validation"
    )
    return {name: entry[name] for name in ("sha256", "same_content_as") if name in entry}


def summed_up(pipeline: Pipeline, upload: Upload) -> dict[str, str | None]:
    """What the summary has of the content of a version."""
    summary = json.loads(result(pipeline, upload, "summary.json"))
    return {name: summary[name] for name in ("sha256", "same_content_as")}


def told(lines: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(line["level"], line["message"]) for line in lines if "same content" in line["message"]]


@pytest.mark.parametrize("name", ["twice.csv", "ERROR of ValidationError.csv"])
def test_the_second_version_is_processed_and_told_of_the_first(
    pipeline: Pipeline, database: psycopg.Connection, records: list[str], log: Log, name: str
) -> None:
    first, second = (pipeline.upload(records, key=f"incoming/{folder}/{name}") for folder in "ab")
    digest = hashlib.sha256("".join(f"{line}\n" for line in [HEADER, *records]).encode()).hexdigest()
    pipeline.run(first)
    assert (noted(pipeline, first), told(log())) == ({"sha256": digest}, [])
    assert summed_up(pipeline, first) == {"sha256": digest, "same_content_as": None}
    pipeline.run(second)
    same = {"sha256": digest, "same_content_as": file_id(first)}
    assert noted(pipeline, second) == summed_up(pipeline, second) == same
    assert told(log()) == [("INFO", f"same content as version {first['version_id']}")]
    assert [line for line in map(json.dumps, log()) if ALARMING.search(line)] == []
    users = [record.split(",")[0] for record in records]
    assert statistics(database, users) == dict.fromkeys(users, (2, 4))


def test_an_attempt_that_comes_again_tells_the_same(pipeline: Pipeline, records: list[str]) -> None:
    first, second = pipeline.upload(records), pipeline.upload(records)
    pipeline.run(first)
    run = Run()
    answers = [pipeline.step("csv-validation", second, run, attempt=attempt) for attempt in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["content"]["same_content_as"] == file_id(first)
    pipeline.fail(second, run)
    pipeline.run(second)
    assert noted(pipeline, second)["same_content_as"] == file_id(first)


def test_what_is_told_is_the_last_one_within_thirty_days(pipeline: Pipeline, records: list[str]) -> None:
    uploads = [pipeline.upload(records) for _ in range(4)]
    for upload, days in zip(uploads, [60, 31, 2, 0], strict=True):
        pipeline.run(upload, days_ago(days))
    same = [noted(pipeline, upload).get("same_content_as") for upload in uploads]
    assert same == [None, file_id(uploads[0]), file_id(uploads[1]), file_id(uploads[2])]
    other = pipeline.upload([*records, *records])
    pipeline.run(other, days_ago(31))
    later = pipeline.upload([*records, *records])
    pipeline.run(later)
    assert "same_content_as" not in noted(pipeline, later)


def test_an_invalid_file_is_told_of_none(pipeline: Pipeline, records: list[str], log: Log) -> None:
    for _ in range(2):
        upload, run = pipeline.upload(records, header="a,b,c"), Run()
        with pytest.raises(Exception, match="the header is 'a,b,c'"):
            pipeline.step("csv-validation", upload, run)
    assert told(log()) == []
