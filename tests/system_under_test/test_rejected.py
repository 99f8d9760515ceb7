"""rejected.csv is itself a valid upload: as it is, it is rejected once more; put right, it is applied."""

import csv
import io

import psycopg
from hypothesis import example, given
from hypothesis import strategies as st

from tests.system_under_test.conftest import NewUsers
from tests.system_under_test.csv_files import BOM, LONG, examples, line_breaks, records
from tests.system_under_test.csv_model import records_of
from tests.system_under_test.pipeline import HEADER, Pipeline, Run, Upload
from tests.system_under_test.stores import rejected, result, statistics


def process(pipeline: Pipeline, upload: Upload) -> Upload:
    """Every step up to the merge, below the handlers."""
    run = Run()
    records = pipeline.work("csv-validation", upload, run)["records_total"]
    for chunk in pipeline.work("csv-split", upload, run, records_total=records)["chunks"]:
        pipeline.chunk(upload, run, chunk)
    pipeline.work("csv-merge", upload, run, records_total=records)
    return upload


lines = st.lists(st.tuples(records, line_breaks | st.just("\r\r\n")), max_size=10)


@examples(6)
@given(st.sampled_from(["", BOM]), lines)
@example("", [("\r", "\r\n"), (" ", "\n"), ('""', "\n"), ("U00001,1,1\r", "\r\n"), ("U00001,1,1\r\r", "\r\n")])
@example(BOM, [('"\r\n\r\n",1,1', "\r\n"), (f"{BOM}{HEADER}", "\n"), (f"{BOM}U00001,1,1", "\n"), ("U00001\0,1,1", "")])
@example("", [('"U00001,1,1', "\n"), (",,", "\n"), ("U00002,1,1", "\n"), ('U00003,1,"1', "\r\n")])
@example("", [("\0" * LONG, "\n"), ("\0" * 3, "\n"), ('"\0",1,1', "\n")])
@example("", [("x" * LONG, "\n"), (f'"{"y" * (LONG - 2)}"', "\r\n"), ("z" * LONG, "")])
@example("", [("a\rb,1,1", "\n"), ('"a\rb",1,1', "\n"), ("=1+1,1,1", "\n"), ("\\N,\\.,\\", "\n"), ("\t,\b,\x7f", "\n")])
def test_uploaded_unchanged_it_is_rejected_unchanged(
    pipeline: Pipeline, database: psycopg.Connection, bom: str, lines: list[tuple[str, str]]
) -> None:
    body = "".join(part for line in [(bom + HEADER, "\n"), *lines] for part in line).encode()
    in_file = {line: content for line, _, content in records_of(body) or ()}
    with pipeline.configured(ERROR_TOLERANCE_PERCENT="100", CHUNK_SIZE="1000"):
        first = process(pipeline, pipeline.upload_bytes(body))
        published = result(pipeline, first, "rejected.csv")
        second = process(pipeline, pipeline.upload_bytes(published))
    fates = [fate for _, *fate in rejected(database, first)]
    assert [fate for _, *fate in rejected(database, second)] == fates
    assert result(pipeline, second, "rejected.csv") == published
    # PostgreSQL's text holds no NUL; every other byte is as it was.
    originals = [in_file[line].replace(b"\0", b"?") for line, *_ in rejected(database, first)]
    assert [content for _, _, content in records_of(published) or ()] == [HEADER.encode(), *originals]


@examples(5)
@given(lines)
@example([("a\rb,1,1", "\n"), ('"a\r""b,",1,1', "\n"), ('"a,1,1', "\n")])
def test_rejections_name_line_user_and_reason_of_each(
    pipeline: Pipeline, database: psycopg.Connection, lines: list[tuple[str, str]]
) -> None:
    upload = pipeline.upload_bytes("".join(part for line in [(HEADER, "\n"), *lines] for part in line).encode())
    with pipeline.configured(ERROR_TOLERANCE_PERCENT="100", CHUNK_SIZE="1000"):
        process(pipeline, upload)
    rows = csv.reader(io.StringIO(result(pipeline, upload, "rejections.csv").decode(), newline=""))
    wanted = [[str(line), user or "", reason] for line, user, reason, _ in rejected(database, upload)]
    assert list(rows) == [["line_number", "user_id", "reason"], *wanted]


def test_its_records_are_applied_once_their_users_are_there(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    inactive, unknown, good = new_users(3)
    database.execute("UPDATE users SET is_active = false WHERE user_id = %s", [inactive])
    database.execute("DELETE FROM users WHERE user_id = %s", [unknown])
    body = f'{BOM}{HEADER}\r\n{inactive},1,2\r\n"{unknown}","3","4"\r\n{good},5,6\r\n{inactive},7,8'
    upload = pipeline.upload_bytes(body.encode())
    with pipeline.configured(ERROR_TOLERANCE_PERCENT="100"):
        assert pipeline.run(upload)["records_rejected"] == 3
    database.execute("UPDATE users SET is_active = true WHERE user_id = %s", [inactive])
    database.execute("INSERT INTO users (user_id, username, email) VALUES (%s, 'a', %s)", [unknown, f"{unknown}@x"])
    again = pipeline.run(pipeline.upload_bytes(result(pipeline, upload, "rejected.csv")))
    assert (again["records_applied"], again["records_rejected"]) == (3, 0)
    assert statistics(database, [inactive, unknown, good]) == {inactive: (8, 10), unknown: (3, 4), good: (5, 6)}


def test_what_was_rejected_is_corrected_and_uploaded_alone(
    pipeline: Pipeline, database: psycopg.Connection, new_users: NewUsers
) -> None:
    users = new_users(30)
    upload = pipeline.upload([*(f"{user},1,1" for user in users[:29]), f"{users[29]},one,1"])
    pipeline.run(upload)
    corrected = result(pipeline, upload, "rejected.csv").decode().replace("one", "1")
    assert pipeline.run(pipeline.upload_bytes(corrected.encode()))["records_applied"] == 1
    assert statistics(database, users) == dict.fromkeys(users, (1, 1))
