"""Steps about the preconditions and the prepared data: the test users, the database, the file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from pytest_bdd import parsers, then, when

from steps.diagnoses.ids import Diagnosis
from steps.drivers.activity_file import ActivityFile
from steps.drivers.postgres import Answer, Database
from steps.drivers.users import User
from steps.run.acceptance_run import Preparation
from steps.run.delivery import count_rows
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding, table
from steps.targets.environment import Environment
from steps.targets.settings import Settings
from steps.verdict.messages import phrase
from steps.verdict.words import Words, enumerate_items


@when("the database is reached with the credentials held in Secrets Manager", target_fixture="answer")
def database_reached(environment: Environment, awake: None) -> Answer:
    environment.check()  # after this, a refused connection is due to the credentials
    return Database.answer(environment.database_url, environment.secret())


@then("it answers")
def it_answers(answer: Answer, finding: Finding) -> None:
    if not answer.well:
        finding.suspect(Diagnosis.SECRET_REFUSED, answer.said)
    finding.holds(answer.well, "database-answers", got=answer.said)


@then("its tables hold what the pipeline writes")
def tables_hold_what_is_written(database: Database, environment: Environment, finding: Finding) -> None:
    """Write a test user's statistics twice in a transaction that is undone, with the longest ARN of an execution."""
    with database.undone():
        database.ask("remember", name="execution_id", value=environment.names.longest_execution_arn)
        database.ask("try_schema")
        wrong = [row["what"] for name in ("schema_deviations", "schema_version") for row in database.ask(name)]
        harmless = [[row["what"]] for row in database.ask("schema_notes")]
    if harmless:
        finding.attach(table("beside sql/schema.sql, and harmless", ["what"], harmless))
    deviations = [Deviation(Diagnosis.SCHEMA_WRONG, what) for what in wrong]
    finding.none(deviations, "tables-fit")


@when("the test users are prepared")
def test_users_prepared(preparation: Preparation) -> None: ...


@then("none of them is left out")
def none_left_out(preparation: Preparation, settings: Settings, database: Database, finding: Finding) -> None:
    """Compares ids: a count could include other users."""
    before = preparation.test_users_before
    registered = len(_list_registered(settings, database))
    finding.equal(registered, settings.counts.users, "users-registered", before=before)


@then("the database counts every one of them")
def test_users_counted(preparation: Preparation, settings: Settings, database: Database, finding: Finding) -> None:
    registered = len(_list_registered(settings, database))
    if preparation.test_users != registered:
        text = f"count_test_users.sql counts {preparation.test_users}, and {registered} are registered"
        finding.suspect(Diagnosis.QUESTION_WRONG, text)
    finding.equal(preparation.test_users, settings.counts.users, "users-counted")


def _list_registered(settings: Settings, database: Database) -> set[str]:
    return {row["user_id"] for row in database.ask("users_like_ours")} & set(settings.counts.test_users)


@then("the first, the middle and the last of them are registered under their own name and address, and active")
def sample_users(preparation: Preparation, settings: Settings, database: Database, finding: Finding) -> None:
    users = settings.users
    samples = {user.user_id: user for user in (users[0], users[max(len(users) // 2, 1) - 1], users[-1])}
    _check_registered(database.ask("sample_users"), [*samples.values()], finding)


@then("the first ten of them are listed in order")
def first_ten(preparation: Preparation, settings: Settings, database: Database, finding: Finding) -> None:
    _check_registered(database.ask("first_ten_users"), settings.users[:10], finding)


def _tell_user(row: dict[str, Any]) -> Words:
    active = phrase("active") if row["is_active"] else phrase("inactive")
    return phrase("user", user=row["user_id"], name=row["username"], email=row["email"], active=active)


def _check_registered(rows: list[dict[str, Any]], users: list[User], finding: Finding) -> None:
    due = [{**asdict(user), "is_active": True} for user in users]
    wrong = [row for row in rows if row not in due]
    finding.holds(
        rows == due,
        "users-as-registered",
        users=enumerate_items([user.user_id for user in users]),
        count=len(users),
        right=len(rows) - len(wrong),
        where=enumerate_items([_tell_user(row) for row in wrong]),
    )


@then("the whole table of statistics is counted, and none of its rows is theirs")
def table_counted(preparation: Preparation, finding: Finding) -> None:
    counted, read = preparation.overview, count_rows(preparation.statistics)
    if counted["all_rows"] != read:
        finding.suspect(
            Diagnosis.QUESTION_WRONG, f"statistics_overview.sql counts {counted['all_rows']} rows of {read}"
        )
    finding.holds(
        counted["all_rows"] == counted["of_others"] == read,
        "table-counted",
        rows=read,
        counted=counted["all_rows"],
        others=counted["of_others"],
    )


@then("their earlier statistics are gone, and nobody else's")
def statistics_cleared(
    preparation: Preparation, activity_file: ActivityFile, environment: Environment, finding: Finding
) -> None:
    theirs = {record.user_id for record in activity_file.records}
    others = {user: row for user, row in preparation.earlier.items() if user not in theirs}
    if environment.shared:  # others' rows change meanwhile, and the statement deletes test users by id only
        others = {user: row for user, row in preparation.statistics.items() if user not in theirs}
    gone = sorted(others.keys() - preparation.statistics.keys())
    if gone:
        finding.suspect(Diagnosis.OTHERS_ALTERED, f"cleared beside the test users': {', '.join(gone)}")
    finding.holds(
        preparation.statistics == others,
        "statistics-cleared",
        cleared=count_rows(preparation.earlier) - count_rows(preparation.statistics),
        others=count_rows(others),
        left=len(preparation.statistics.keys() & theirs),
        gone=len(gone),
    )
    finding.control("a row of theirs left", {**preparation.statistics, min(theirs): {}} != others)
    finding.control("somebody else's row gone", dict([*others.items()][1:]) != others or not others)


@then(parsers.parse("the database counts {count:d} statistics of theirs"))
def no_statistics(
    count: int,
    preparation: Preparation,
    activity_file: ActivityFile,
    database: Database,
    environment: Environment,
    finding: Finding,
) -> None:
    sums = activity_file.sums()
    left = _count_theirs(preparation.statistics, sums)
    if preparation.test_statistics != left:
        text = f"count_test_statistics.sql counts {preparation.test_statistics}, and {left} are left"
        finding.suspect(Diagnosis.QUESTION_WRONG, text)
    finding.equal(preparation.test_statistics, count, "statistics-left")
    if environment.shared:
        planted = {**preparation.statistics, min(sums): {}}
        finding.control("a row of theirs in a copy of those left", _count_theirs(planted, sums) == count + 1)
        return
    with database.undone():
        database.tell("test_users")
        database.tell("plant_statistics")
        finding.control("a row really planted", database.number("count_test_statistics") == count + 1)


def _count_theirs(statistics: Collection[str], theirs: Collection[str]) -> int:
    return len(set(statistics) & set(theirs))


@then("the file is there under its agreed name")
def file_named(activity_file: ActivityFile, settings: Settings, finding: Finding) -> None:
    finding.equal(activity_file.name, settings.csv.name, "file-name")


@then("the file holds as many records as agreed, each on a line of its own below the header")
def file_holds(activity_file: ActivityFile, settings: Settings, finding: Finding) -> None:
    records = settings.counts.records
    finding.equal(len(activity_file.records), records, "file-records")
    finding.equal(activity_file.lines, records + 1, "file-lines")


@then("they are those of the test users, and of nobody else")
def file_of_test_users(activity_file: ActivityFile, settings: Settings, finding: Finding) -> None:
    named, users = activity_file.sums().keys(), settings.counts.test_users
    odd = sorted(named ^ set(users))
    finding.holds(not odd, "file-users", users=len(users), odd=len(odd), where=enumerate_items(odd))


@then("its header reads as agreed")
def header_reads(activity_file: ActivityFile, settings: Settings, finding: Finding) -> None:
    finding.equal(",".join(activity_file.header), settings.csv.header, "file-header")
