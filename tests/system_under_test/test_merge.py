"""The merge: all records add up, at most the tolerated share is rejected, and rejected.csv is a valid upload."""

import csv
import io
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from csv_pipeline.errors import ProcessingError
from csv_pipeline.plan import Progress
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from merge import check_tolerance

from tests.system_under_test.conftest import NewUsers
from tests.system_under_test.hostile_files import BOM, LONG, breaks, records
from tests.system_under_test.models import records_of
from tests.system_under_test.pipeline import HEADER, Pipeline, Run, Upload
from tests.system_under_test.stores import rejected, result


@pytest.mark.parametrize(
    ("more", "change", "why"),
    [
        (1, "", "do not add up: 21 in the file, 20 in the plan, 19 applied and 1 rejected, 1 of them kept"),
        (0, "DELETE FROM rejected_records WHERE version_id = %s", "19 applied and 1 rejected, 0 of them kept"),
        (0, "DELETE FROM chunk_plan WHERE chunk = 2 AND version_id = %s", "20 in the file, 10 in the plan"),
        (0, "UPDATE chunk_plan SET state = 'planned' WHERE chunk = 2 AND version_id = %s", "only 1 of 2 chunks"),
    ],
    ids=["another count in the file", "a rejected record lost", "a chunk lost", "a chunk not done"],
)
def test_a_wrong_sum_fails_the_merge(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers, more: int, change: str, why: str
) -> None:
    (user,), run = new_users(1), Run()
    upload = pipeline.upload(["x,1,1", *[f"{user},1,1"] * 19])
    pipeline.merge(upload, run)
    if change:
        database.execute(change.encode(), [upload["version_id"]])
    with pytest.raises(ProcessingError, match=why):
        pipeline.step("csv-merge", upload, run, records_total=20 + more)


@pytest.mark.parametrize(
    ("percent", "total", "tolerated"),
    [("5", 100, 5), ("0", 100, 0), ("0.5", 1000, 5), ("0.57", 10_000, 57), ("5", 19, 0), ("100", 3, 3)],
)
def test_exactly_the_tolerated_share_may_be_rejected(percent: str, total: int, tolerated: int) -> None:
    def progress(bad: int) -> Progress:
        return Progress(total, total - bad, bad, 1, 1)

    check_tolerance(progress(tolerated), {}, Decimal(percent))
    why = rf"{tolerated + 1} of {total} records are rejected, more than the {percent} % tolerated: 7 of {total} Why"
    with pytest.raises(ProcessingError, match=why):
        check_tolerance(progress(tolerated + 1), {"Why": 7}, Decimal(percent))


def process(pipeline: Pipeline, upload: Upload) -> Upload:
    """Run every step up to the merge, below the handlers."""
    run, work = Run(), pipeline.work
    total: Any = work("csv-validation", upload, run)["records_total"]
    for chunk in work("csv-split", upload, run, records_total=total)["chunks"]:
        pipeline.chunk(upload, run, chunk)
    work("csv-merge", upload, run, records_total=total)
    return upload


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["", BOM]), st.lists(st.tuples(records, breaks), max_size=10))
@example("", [("\r", "\r\n"), (" ", "\n"), ('""', "\n"), ("U00001,1,1\r", "\r\n"), ("U00001,1,1\r\r", "\r\n")])
@example(BOM, [('"\r\n\r\n",1,1', "\r\n"), (f"{BOM}{HEADER}", "\n"), (f"{BOM}U00001,1,1", "\n"), ("U00001\0,1,1", "")])
@example("", [('"U00001,1,1', "\n"), (",,", "\n"), ("U00002,1,1", "\n"), ('U00003,1,"1', "\r\n")])
@example("", [("\0" * LONG, "\n"), ("\0" * 3, "\n"), ('"\0",1,1', "\n")])
@example("", [("x" * LONG, "\n"), (f'"{"y" * (LONG - 2)}"', "\r\n"), ("z" * LONG, "")])
@example(
    "", [("a\rb,1,1", "\n"), ('"a\r""b,",1,1', "\n"), ("=1+1,1,1", "\n"), ("\\N,\\.,\\", "\n"), ("\t,\b,\x7f", "\n")]
)
def test_rejected_records_are_a_valid_upload_that_is_rejected_unchanged(
    pipeline: Pipeline, database: psycopg.Connection, bom: str, lines: list[tuple[str, str]]
) -> None:
    body = "".join(part for line in [(bom + HEADER, "\n"), *lines] for part in line).encode()
    in_file = {line: content for line, _, content in records_of(body) or ()}
    with pipeline.configured(ERROR_TOLERANCE_PERCENT="100", CHUNK_SIZE="1000"):
        first = process(pipeline, pipeline.upload_bytes(body))
        published = result(pipeline, first, "rejected.csv")
        second = process(pipeline, pipeline.upload_bytes(published))
    fates = rejected(database, first)
    assert [fate for _, *fate in rejected(database, second)] == [fate for _, *fate in fates]
    assert result(pipeline, second, "rejected.csv") == published
    # PostgreSQL's text holds no NUL; every other byte is as it was.
    originals = [in_file[line].replace(b"\0", b"?") for line, *_ in fates]
    assert [content for _, _, content in records_of(published) or ()] == [HEADER.encode(), *originals]
    rows = csv.reader(io.StringIO(result(pipeline, first, "rejections.csv").decode(), newline=""))
    wanted = [[str(line), user or "", reason] for line, user, reason, _ in fates]
    assert list(rows) == [["line_number", "user_id", "reason"], *wanted]
