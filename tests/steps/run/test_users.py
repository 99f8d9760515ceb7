"""The test users as the settings name them: what sql/ registers and answers, on a PostgreSQL of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from steps.drivers.activity_file import Counts
from steps.drivers.postgres import Database
from steps.paths import ROOT
from steps.run.delivery import OTHERS, count_rows, counts_by_user, read_counts, read_statistics
from steps.targets.settings import FILE, Settings, read
from tests.conftest import Command

SQL = [ROOT / "sql"]
CHECKLIST: list[tuple[Any, ...]] = [
    (f"U{n:05d}", f"testuser{n:03d}", f"test{n:03d}@example.com", True, {}) for n in range(1, 101)
]
"""The rows that the checklist's own INSERT makes."""
MANY = {"counts": {"users": 1200}, "test_users": {"username": "tester-{n:04}", "email": "tester{n}@example.org"}}


def opened(database_url: str, settings: Settings) -> Database:
    return Database(database_url, SQL, test_users=settings.users)


def registered(database_url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database_url) as connection:
        question = "SELECT user_id, username, email, is_active, metadata FROM users ORDER BY user_id"
        return connection.execute(question).fetchall()


def test_the_bundled_pipelines_test_users_are_those_of_the_checklist(database_url: str):
    with opened(database_url, read(ROOT / "system_under_test" / FILE, {})) as database:
        database.tell("test_users")
    assert registered(database_url) == CHECKLIST


def test_users_of_any_number_are_registered_and_told_from_others_as_the_settings_name_them(database_url: str):
    settings = Settings.model_validate({"project": "csv", **MANY})
    with opened(database_url, settings) as database:
        database.tell("history")
        database.tell("test_users")
        ours = {user.user_id: (user.username, user.email) for user in settings.users}
        like_ours = {row["user_id"]: (row["username"], row["email"]) for row in database.ask("users_like_ours")}
        counted = database.number("count_test_users")
        samples = [(row["user_id"], row["email"]) for row in database.ask("sample_users")]
        overview = database.ask("statistics_overview")
    assert (len(ours), ours["U00007"], ours["U01200"]) == (
        1200,
        ("tester-0007", "tester7@example.org"),
        ("tester-1200", "tester1200@example.org"),
    )
    assert {id: like_ours[id] for id in ours} == ours
    assert counted == 1200
    assert samples == [(id, ours[id][1]) for id in ("U00001", "U00600", "U01200")]
    assert overview == [{"all_rows": 13, "of_others": 10}]


def test_users_of_a_scenarios_own_take_no_name_or_address_of_a_test_user(database_url: str):
    settings = Settings.model_validate(
        {"project": "csv", "test_users": {"username": "testuser{n}", "email": "testuserU{n:05}@example.com"}}
    )
    with opened(database_url, settings) as database:
        database.tell("register_users", users=["U00001"])
        own = registered(database_url)
        database.tell("remove_users", users=["U00001"])
        database.tell("test_users")
    assert len(own) == 1
    taken = {each for row in registered(database_url) for each in row[1:3]}
    assert not taken & {*own[0][1:3]}


def test_a_question_is_printed_with_the_settings_test_users_for_psql(database_url: str, run_command: Command):
    printed = run_command("sql", "test_users").stdout
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(printed.encode())
    assert registered(database_url) == CHECKLIST
    refused = run_command("sql", "no_such")
    assert refused.returncode == 2
    assert "choose from" in refused.stderr
    assert "test_users" in refused.stderr


def test_other_users_are_read_as_a_count_and_a_checksum(database_url: str, tmp_path: Path):
    own = "SELECT user_id, login_count, post_count, last_execution_id FROM user_statistics WHERE user_id LIKE 'U%';\n"
    (tmp_path / "statistics.sql").write_text(own)
    with (
        psycopg.connect(database_url, autocommit=True) as connection,
        Database(database_url, [tmp_path, *SQL]) as database,
    ):
        connection.execute("ALTER TABLE user_statistics DROP CONSTRAINT user_statistics_user_id_fkey")
        insert = "INSERT INTO user_statistics (user_id, login_count, post_count) SELECT 'U' || n, n, 1 FROM"
        connection.execute(f"{insert} generate_series(10001, 20000) AS n")
        few = read_statistics(database, ["U10001"])
        assert read_counts(database, ["U10001", "U99999"]) == counts_by_user(few.values())
        connection.execute(f"{insert} generate_series(20001, 20002) AS n")
        many = read_statistics(database, ["U10001", "U99999"], "an execution")
        again = read_statistics(database, ["U10001", "U99999"], "an execution")
        connection.execute("UPDATE user_statistics SET last_execution_id = 'an execution' WHERE user_id = 'U20002'")
        changed = read_statistics(database, ["U10001", "U99999"], "an execution")
        counts = read_counts(database, ["U10001", "U99999"], "an execution")
    assert (len(few), count_rows(few)) == (10_000, 10_000)
    assert ({*many}, count_rows(many)) == ({"U10001", OTHERS}, 10_002)
    assert counts_by_user(many.values())[OTHERS] == Counts(sum(range(10002, 20003)), 10_001)
    assert again == many
    assert counts == {"U10001": Counts(10001, 1), "U20002": Counts(20002, 1)}
    assert changed.keys() == {"U10001", "U20002", OTHERS}
    assert changed[OTHERS] != many[OTHERS]
