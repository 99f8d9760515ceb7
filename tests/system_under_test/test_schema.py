"""The schema runs on an empty database, on its own and on an older one."""

from pathlib import Path

import psycopg
import pytest

from tests.system_under_test.conftest import ROOT

SCHEMA = (ROOT / "sql" / "schema.sql").read_bytes()


@pytest.fixture
def other(database: psycopg.Connection, tmp_path: Path) -> psycopg.Connection:
    """A schema of its own, where the tables are not there yet."""
    name = f"schema_{abs(hash(tmp_path))}"
    database.execute(f"CREATE SCHEMA {name}; SET search_path = {name}")
    return database


def test_it_may_run_twice_and_keeps_what_is_there(other: psycopg.Connection) -> None:
    other.execute(SCHEMA)
    other.execute("INSERT INTO users (user_id, username, email) VALUES ('U00001', 'a', 'a@example.com')")
    other.execute(SCHEMA)
    assert other.execute("SELECT count(*) FROM users").fetchone() == (1,)


def test_it_brings_an_older_table_up_to_date(other: psycopg.Connection) -> None:
    other.execute("CREATE TABLE user_statistics (user_id text PRIMARY KEY, login_count bigint, post_count bigint)")
    other.execute(SCHEMA)
    assert other.execute("SELECT last_execution_id FROM user_statistics").fetchall() == []


def test_counts_are_never_negative_and_users_well_named(other: psycopg.Connection) -> None:
    other.execute(SCHEMA)
    other.execute("INSERT INTO users (user_id, username, email) VALUES ('U00001', 'a', 'a@example.com')")
    for statement in (
        "INSERT INTO user_statistics (user_id, login_count) VALUES ('U00001', -1)",
        "INSERT INTO users (user_id, username, email) VALUES ('U00001 ', 'b', 'b@example.com')",
    ):
        with pytest.raises(psycopg.errors.CheckViolation):
            other.execute(statement)
