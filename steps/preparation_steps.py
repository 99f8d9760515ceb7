"""Steps about what has to be ready: the test users, the database, the file."""

from __future__ import annotations

from typing import Any

from pytest_bdd import parsers, then, when

from steps.deviation import Deviation
from steps.drivers.activity_file import ActivityFile
from steps.drivers.database import Answer, Database
from steps.evidence import Preparation
from steps.finding import Finding
from steps.targets.environment import Environment


@when("the database is reached with the credentials held in Secrets Manager", target_fixture="answer")
def database_reached(environment: Environment) -> Answer:
    environment.check()  # from here on, a refusal is about the credentials
    return Database.answer(environment.database_url, environment.secret())


@then("it answers")
def it_answers(answer: Answer, finding: Finding) -> None:
    finding.holds(answer.well, wanted="the database answers with the secret's credentials", got=answer.said)


@then("its tables are those of the schema")
def tables_of_the_schema(database: Database, finding: Finding) -> None:
    differing = [row["what"] for row in database.ask("schema_differences")]
    deviations = [Deviation("schema-wrong", what) for what in differing]
    finding.none(deviations, wanted="what sql/schema.sql makes", got="so")


@when("the test users are prepared")
def test_users_prepared(preparation: Preparation) -> None: ...


@then(parsers.parse("none of the {count:d} is left out"))
def none_left_out(
    count: int, preparation: Preparation, activity_file: ActivityFile, database: Database, finding: Finding
) -> None:
    """One by one: a count may count others."""
    registered = _registered_of(activity_file, database)
    finding.equal(len(registered), count, f"test users, {preparation.test_users_before} of them there before")


@then(parsers.parse("the database counts {count:d} of them"))
def test_users_counted(
    count: int, preparation: Preparation, activity_file: ActivityFile, database: Database, finding: Finding
) -> None:
    registered = len(_registered_of(activity_file, database))
    if preparation.test_users != registered:
        text = f"count_test_users.sql counts {preparation.test_users}, and {registered} are registered"
        finding.suspect("question-wrong", text)
    finding.equal(preparation.test_users, count, "test users")


def _registered_of(activity_file: ActivityFile, database: Database) -> set[str]:
    return {row["user_id"] for row in database.ask("users_like_ours")} & activity_file.sums().keys()


@then(parsers.parse('the sample users "{ids}" are registered under their own name and address, and active'))
def sample_users(ids: str, preparation: Preparation, database: Database, finding: Finding) -> None:
    _registered(database.ask("sample_users"), ids.split(", "), finding)


@then(parsers.parse('the first ten of them are "{first}" to "{last}", in order'))
def first_ten(first: str, last: str, preparation: Preparation, database: Database, finding: Finding) -> None:
    ids = [f"U{n:05d}" for n in range(int(first[1:]), int(last[1:]) + 1)]
    _registered(database.ask("first_ten_users"), ids, finding)


def _registered(rows: list[dict[str, Any]], ids: list[str], finding: Finding) -> None:
    due = [
        {"user_id": id, "username": f"testuser{id[1:]}", "email": f"testuser{id[1:]}@example.com", "is_active": True}
        for id in ids
    ]
    wrong = [row for row in rows if row not in due]
    finding.holds(
        rows == due,
        wanted=f"{', '.join(ids)} as they were registered",
        got=f"{len(rows) - len(wrong)} of {len(rows)} so",
        evidence="\n".join(map(str, wrong)),
    )


@then("the whole table of statistics is counted, and none of its rows is theirs")
def table_counted(preparation: Preparation, finding: Finding) -> None:
    counted, read = preparation.overview, len(preparation.statistics)
    if counted["all_rows"] != read:
        finding.suspect("question-wrong", f"statistics_overview.sql counts {counted['all_rows']} rows of {read}")
    finding.holds(
        counted["all_rows"] == counted["of_others"] == read,
        wanted=f"{read} rows, all of other users",
        got=f"{counted['all_rows']} rows, {counted['of_others']} of other users",
    )


@then("their earlier statistics are gone, and nobody else's")
def statistics_cleared(
    preparation: Preparation, activity_file: ActivityFile, environment: Environment, finding: Finding
) -> None:
    theirs = {record.user_id for record in activity_file.records}
    others = {user: row for user, row in preparation.earlier.items() if user not in theirs}
    if environment.shared:  # others' rows change by themselves, and the statement names the 100 one by one
        others = {user: row for user, row in preparation.statistics.items() if user not in theirs}
    if gone := sorted(others.keys() - preparation.statistics.keys()):
        finding.suspect("others-altered", f"cleared beside the test users': {', '.join(gone)}")
    finding.holds(
        preparation.statistics == others,
        wanted=f"statistics of {len(others)} other users left, as they were",
        got=f"{len(preparation.statistics)} left, {len(preparation.earlier)} before",
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
    left = len(preparation.statistics.keys() & activity_file.sums().keys())
    if preparation.test_statistics != left:
        text = f"count_test_statistics.sql counts {preparation.test_statistics}, and {left} are left"
        finding.suspect("question-wrong", text)
    finding.equal(preparation.test_statistics, count, "statistics of the test users")
    if environment.shared:
        finding.control("a row more in a copy of the count", preparation.test_statistics + 1 != count)
        return
    with database.undone():
        database.tell("test_users")
        database.tell("plant_statistics")
        finding.control("a row really planted", database.number("count_test_statistics") == count + 1)


@then(parsers.parse('the file is named "{name}"'))
def file_named(name: str, activity_file: ActivityFile, finding: Finding) -> None:
    finding.equal(activity_file.name, name, "as file name")


@then(parsers.parse("the file holds {records:d} records on {lines:d} lines"))
def file_holds(records: int, lines: int, activity_file: ActivityFile, finding: Finding) -> None:
    finding.equal(len(activity_file.records), records, "records")
    finding.equal(activity_file.lines, lines, "lines")


@then(parsers.parse('the header reads "{header}"'))
def header_reads(header: str, activity_file: ActivityFile, finding: Finding) -> None:
    finding.equal(",".join(activity_file.header), header, "as header")
