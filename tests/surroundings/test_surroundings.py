"""A session gives the same under every setting of a workstation: its clients, the preconditions, the whole of it."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES

from local_aws.surroundings import CLIENTS
from steps.suite.reports import left_in
from tests.acceptance.conftest import ROOT, command
from tests.steps.suite.conftest import folder as folder  # the fixture
from tests.surroundings.table import LIBPQ, TABLE, WORST, Surroundings, groups, together

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
from steps.targets.embedded_start import ACCOUNT, launch_for
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
    return empty(launch_for(pytestconfig, names).result(), names, options.system(pytestconfig).sql)

@then("every client, the database and a command answer")
def all_answer(environment: Environment, commands: Commands, database: Database, finding: Finding) -> None:
    for service, (operation, parameters) in READS.items():
        getattr(environment.client(service), operation)(**parameters)
    assert psycopg.connect(environment.database_url).execute("SELECT 1").fetchone() == (1,)
    database.tell("schema")
    environment.check()
    said = commands.said("doctor --service=STS")
    finding.holds("ok  STS" in said, "plain", wanted="STS answers the command", got=said)
    told = dict(line.split("=", 1) for line in environment.shell("env").splitlines() if "=" in line)
    led = environment.exports.items() <= told.items()
    finding.holds(led, "plain", wanted="the exports lead a command of the user's", got="so" if led else "not")
    others = {name for name in told if name.startswith(("AWS_", "PG"))} - environment.exports.keys() - NO_FILES
    finding.holds(not others, "plain", wanted="nothing else that leads it", got=f"{others or 'nothing'}")
"""

GROUPS = groups()
_NEEDED = ("PATH", "LANG", "TMPDIR", "LD_LIBRARY_PATH")
"""The only variables of this process that are kept: the session has isolated itself from all others."""


@contextmanager
def home(surroundings: Surroundings) -> Iterator[Path]:
    """A folder for HOME; every user can enter it, since PostgreSQL may run as another."""
    with tempfile.TemporaryDirectory(prefix="home-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        for name, text in surroundings.files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text)
        (place / surroundings.folder).mkdir(parents=True, exist_ok=True)
        yield place


def session(surroundings: Surroundings, reports: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `pytest -m local` in these surroundings."""
    with home(surroundings) as place:
        variables = {name: value.replace("{home}", str(place)) for name, value in surroundings.variables.items()}
        where = ("-c", ROOT / "pyproject.toml", f"--rootdir={ROOT}")
        return subprocess.run(
            command(reports, "-m", "local", *where, *arguments),
            cwd=place / surroundings.folder if surroundings.inside else ROOT,
            env={name: os.environ[name] for name in _NEEDED if name in os.environ} | {"HOME": str(place)} | variables,
            umask=surroundings.umask,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=300,
        )


def verdict_in(reports: Path) -> dict[str, Any]:
    return dict(json.loads(left_in(reports).read_text("utf-8")))


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: f"{group[0]}, {len(group)} in all")
def test_nothing_of_them_decides(group: list[Surroundings], folder: Path):
    """All of a group at once take as long as one."""
    (folder / "some.feature").write_text(FEATURE)
    (folder / "conftest.py").write_text(STEPS)
    failed = find_failures(group, folder)
    assert not failed, "\n\n".join(f"{name}:\n{text}" for name, text in failed.items())


def find_failures(group: list[Surroundings], folder: Path) -> dict[str, str]:
    """Return the output by name of those that fail, found by halving; of all, where they fail only together."""
    said = output_of_failure(together("all", *group), folder)
    if not said or len(group) == 1:
        return {group[0].name: said} if said else {}
    half = len(group) // 2
    alone = find_failures(group[:half], folder) | find_failures(group[half:], folder)
    return alone or {", ".join(map(str, group)): said}


def output_of_failure(surroundings: Surroundings, folder: Path) -> str:
    """The output of a session that did not pass; empty for one that did."""
    done = session(surroundings, folder, folder)
    passed = verdict_in(folder)["items"]["FIL-01"]["status"] == "passed"
    return "" if passed and done.returncode == 0 else done.stdout + done.stderr


def test_the_table_names_all_that_the_clients_read():
    """Variables are removed by their prefixes, so these have to cover all that botocore and libpq list."""
    told = [names for _, names, *_ in BOTOCORE_DEFAUT_SESSION_VARIABLES.values() if names]
    botocores = {name for names in told for name in ([names] if isinstance(names, str) else names)}
    assert not [name for name in (*botocores, *LIBPQ, "PGTZ", "PGDATESTYLE", "PGGEQO") if not name.startswith(CLIENTS)]


def test_each_row_is_in_one_group_and_has_a_name_of_its_own():
    names = [row.name for row in TABLE]
    assert sorted(row.name for group in GROUPS for row in group) == sorted(names)
    assert len(set(names)) == len(names) >= 40


@pytest.mark.nightly
@pytest.mark.parametrize("surroundings", TABLE, ids=str)
def test_the_preconditions_hold(surroundings: Surroundings, tmp_path: Path):
    done = session(surroundings, tmp_path, ROOT / "features" / "1_precondition")
    assert done.returncode == 0, done.stdout + done.stderr
    verdict = verdict_in(tmp_path)
    assert [verdict["items"][id]["status"] for id in verdict["scope"]] == ["passed"] * len(verdict["scope"])


@pytest.mark.nightly
@pytest.mark.parametrize("surroundings", WORST, ids=str)
def test_the_worst_are_go(surroundings: Surroundings, tmp_path: Path):
    done = session(surroundings, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert verdict_in(tmp_path)["verdict"] == "GO"
