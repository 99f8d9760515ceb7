"""DAT-01 on databases that others designed: deviations are what cannot hold the pipeline's rows, all else is a note."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from steps.drivers.names import Names
from steps.drivers.postgres import Database
from steps.paths import ROOT
from steps.targets.settings import FILE, read

SCHEMA = (ROOT / "sql" / "schema.sql").read_bytes()
DEV_ACCOUNT = (ROOT / "tests" / "dev_account" / "schema.sql").read_bytes()
ARN = Names("526636471122", "ap-northeast-1", "csv-parallel-processing", "dev").longest_execution_arn


@pytest.fixture
def database(empty_database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        yield connection


def judge(database: psycopg.Connection) -> tuple[list[str], list[str]]:
    """The deviations and the notes, as the step asks for them."""
    users = read(ROOT / "system_under_test" / FILE, {}).users
    url = f"{database.info.dsn} password={database.info.password}"
    with Database(url, [ROOT / "sql"], test_users=users) as session, session.undone():
        session.ask("remember", name="execution_id", value=ARN)
        session.ask("try_schema")
        found = [row["what"] for name in ("schema_deviations", "schema_version") for row in session.ask(name)]
        notes = [row["what"] for row in session.ask("schema_notes")]
    return found, notes


def test_the_schema_has_neither_deviations_nor_notes(database: psycopg.Connection):
    database.execute(SCHEMA)
    assert judge(database) == ([], [])
    assert database.execute("SELECT count(*) FROM users").fetchone() == (0,)  # the trial is undone


def test_the_dev_account_cannot_hold_an_execution_and_after_the_migration_its_own_parts_are_notes(
    database: psycopg.Connection,
):
    database.execute(DEV_ACCOUNT)
    (by_length, by_trigger, by_upload, _), _ = judge(database)
    assert by_trigger.startswith("an update of U00001 cannot be written to user_statistics: ")
    assert 'record "new" has no field "updated_at"' in by_trigger
    assert 'column "updated_at" of relation "user_statistics" does not exist' in by_upload
    assert "value too long for type character varying(100)" in by_length
    database.execute("ALTER TABLE user_statistics ADD COLUMN updated_at timestamptz")
    for repair, refused in (
        ("ALTER COLUMN last_execution_id TYPE text", "value too long for type character varying(100)"),
        ("DROP CONSTRAINT chk_execution_id_length", "chk_execution_id_length"),
    ):
        (deviation, version), _ = judge(database)
        assert refused in deviation
        assert version == "the schema is version none, and has to be 3 at least"
        database.execute(f"ALTER TABLE user_statistics {repair}")
    assert judge(database)[0] == [version]

    database.execute(SCHEMA)
    deviations, notes = judge(database)
    assert deviations == []
    assert "user_statistics has a trigger, trg_statistics_updated_at" in notes
    assert "user_statistics has FOREIGN KEY (user_id) REFERENCES users(user_id) ON DELETE CASCADE" in notes
    assert "user_statistics has a column, last_login_date" in notes
    assert "user_statistics has an index, idx_stats_login_count" in notes


@pytest.mark.parametrize(
    ("change", "deviation"),
    [
        ("DROP TABLE user_statistics", 'relation "user_statistics" does not exist'),
        ("ALTER TABLE user_statistics DROP CONSTRAINT user_statistics_pkey", "no unique or exclusion constraint"),
        (
            "ALTER TABLE user_statistics DROP CONSTRAINT user_statistics_user_id_fkey",
            "a foreign key to users is missing",
        ),
        ("ALTER TABLE user_statistics ALTER login_count TYPE integer", "integer out of range"),
        ("ALTER TABLE user_statistics ADD CHECK (post_count <= 1000000)", "violates check constraint"),
        ("ALTER TABLE users ALTER email TYPE varchar(10)", "the test users cannot be registered: value too long"),
        ("ALTER TABLE users ADD CHECK (username LIKE 'T%')", "the test users cannot be registered"),
        ("ALTER TABLE users DROP CONSTRAINT users_email_key", "two users may have the same email"),
        ("ALTER TABLE user_statistics ALTER login_count DROP NOT NULL", "takes NULL as login_count"),
        ("TRUNCATE schema_version; INSERT INTO schema_version VALUES (1)", "the schema is version 1, and has to be 3"),
        ("ALTER TABLE users DROP metadata, ADD metadata integer", "the test users cannot be registered"),
        ("CREATE RULE none AS ON INSERT TO user_statistics DO INSTEAD NOTHING", "user_statistics"),
    ],
)
def test_a_schema_that_cannot_hold_the_pipelines_rows_is_a_deviation(
    database: psycopg.Connection, change: str, deviation: str
):
    database.execute(SCHEMA)
    database.execute(change)
    deviations, _ = judge(database)
    assert any(deviation in found for found in deviations), deviations


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE users ALTER user_id TYPE varchar(10), ALTER email TYPE varchar(255)",
        "ALTER TABLE user_statistics ALTER login_count TYPE numeric",
        "ALTER TABLE users DROP CONSTRAINT users_email_key; CREATE UNIQUE INDEX by_email ON users (email)",
        "CREATE INDEX further ON user_statistics (post_count)",
        "ALTER TABLE user_statistics ADD CHECK (login_count >= 0)",
        "ALTER TABLE user_statistics DROP COLUMN created_at",
    ],
)
def test_another_design_that_holds_them_is_none(database: psycopg.Connection, change: str):
    database.execute(SCHEMA)
    database.execute(change)
    deviations, _ = judge(database)
    assert deviations == []
