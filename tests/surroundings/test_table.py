"""Nothing that a workstation has set up decides in a session: every way to AWS, to the database and to a command."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES

from local_aws.surroundings import CLIENTS
from tests.steps.suite.test_collection import folder as folder  # the fixture
from tests.surroundings.starting import session, verdict_in
from tests.surroundings.table import LIBPQ, TABLE, Surroundings, groups, together

FEATURE = """
@local
Feature: F

  @checklist:FIL-01
  Scenario: All answer
    Then every client, the database and a command answer
"""
STEPS = """
import psycopg
import pytest
from pytest_bdd import then

from steps.suite import options
from steps.targets.embedded_start import ACCOUNT, launched
from steps.suite.project_commands import Commands
from steps.drivers.postgres import Database
from steps.suite.finding import Finding
from steps.targets.embedded import empty
from steps.targets.environment import Environment

NO_FILES = {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"}
READS = {
    "sts": ("get_caller_identity", {}),
    "s3": ("list_buckets", {}),
    "dynamodb": ("list_tables", {}),
    "events": ("list_rules", {}),
    "stepfunctions": ("list_state_machines", {}),
    "lambda": ("list_functions", {}),
    "logs": ("describe_log_groups", {}),
    "iam": ("list_roles", {}),
    "ec2": ("describe_vpcs", {}),
    "rds": ("describe_db_clusters", {}),
    "secretsmanager": ("list_secrets", {}),
    "cloudwatch": ("list_metrics", {}),
}

@pytest.fixture(scope="session")
def environment(pytestconfig: pytest.Config) -> Environment:
    "The target without the pipeline."
    names = options.settings(pytestconfig).names_in(ACCOUNT)
    return empty(launched(pytestconfig, names).result(), names, options.system(pytestconfig).sql)

@then("every client, the database and a command answer")
def all_answer(environment: Environment, commands: Commands, database: Database, finding: Finding) -> None:
    for service, (operation, parameters) in READS.items():
        getattr(environment.client(service), operation)(**parameters)
    assert psycopg.connect(environment.database_url).execute("SELECT 1").fetchone() == (1,)
    database.tell("schema")
    environment.check()
    said = commands.said("doctor --service=STS")
    finding.holds("ok  STS" in said, wanted="STS answers the command", got=said)
    told = dict(line.split("=", 1) for line in environment.shell("env").splitlines() if "=" in line)
    led = environment.exports.items() <= told.items()
    finding.holds(led, wanted="the exports lead a command of the user's", got="so" if led else "not")
    others = {name for name in told if name.startswith(("AWS_", "PG"))} - environment.exports.keys() - NO_FILES
    finding.holds(not others, wanted="nothing else that leads it", got=f"{others or 'nothing'}")
"""


GROUPS = groups()


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: f"{group[0]}, {len(group)} in all")
def test_nothing_of_them_decides(group: list[Surroundings], folder: Path):
    """All of a group at once costs as much as one of them; where it does not go well, each alone names the culprits."""
    (folder / "some.feature").write_text(FEATURE)
    (folder / "conftest.py").write_text(STEPS)
    together_ = group[0] if len(group) == 1 else together("all", *group)
    said = said_where_not_all_answers(together_, folder)
    if said:
        alone = {each.name: said_where_not_all_answers(each, folder) for each in group if len(group) > 1}
        pytest.fail("\n\n".join([f"{name}:\n{text}" for name, text in alone.items() if text] or [said]))


def said_where_not_all_answers(surroundings: Surroundings, folder: Path) -> str:
    """Nothing where all is well."""
    done = session(surroundings, folder, folder)
    passed = verdict_in(folder)["items"]["FIL-01"]["status"] == "passed"
    return "" if passed and done.returncode == 0 else done.stdout + done.stderr


def test_the_table_names_all_that_the_clients_read():
    """What botocore and libpq read, as they themselves tell it, is taken out by how it begins."""
    told = [names for _, names, *_ in BOTOCORE_DEFAUT_SESSION_VARIABLES.values() if names]
    botocores = {name for names in told for name in ([names] if isinstance(names, str) else names)}
    assert not [name for name in (*botocores, *LIBPQ, "PGTZ", "PGDATESTYLE", "PGGEQO") if not name.startswith(CLIENTS)]


def test_each_row_is_in_one_group_and_has_a_name_of_its_own():
    names = [row.name for row in TABLE]
    assert sorted(row.name for group in GROUPS for row in group) == sorted(names)
    assert len(set(names)) == len(names) >= 40
