"""The guard of the dev account: nothing is written where a name in use belongs to no environment that is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from steps.drivers.names import USUAL
from steps.paths import ROOT
from steps.targets.aws_dev import unsafe
from steps.targets.settings import FILE, Settings, read

WELL: dict[str, Any] = {"project": "csv", "account": "123456789012", "aurora_secret": "rds!cluster-9473744a-7f41"}


def faults(database_url: str | None = None, **told: Any) -> list[str]:
    return unsafe(Settings.model_validate(WELL | told), "123456789012", "ap-northeast-1", database_url)


def test_the_dev_account_as_it_is_is_safe():
    settings = read(ROOT / "system_under_test" / FILE, {})
    assert unsafe(settings, settings.account, settings.region, "postgresql://127.0.0.1:5432/csvbatch") == []


@pytest.mark.parametrize("environment", ["dev", "test", "staging"])
def test_what_is_clearly_no_production_is_allowed(environment: str):
    assert faults(environment=environment) == []


@pytest.mark.parametrize("environment", ["prod", "production", "prd", "live", "main", "preprod", "blue"])
def test_every_other_environment_is_refused_once(environment: str):
    (fault,) = faults(environment=environment, names={"bucket": "in-{environment}"})
    assert fault.startswith(f"the environment is {environment}, ")
    assert "dev, test, staging" in fault


@pytest.mark.parametrize("table", ["names", "account_names"])
@pytest.mark.parametrize("thing", USUAL)
@pytest.mark.parametrize(
    "name", ["csv-prod", "csv-production", "customers", "csv-dev-live", "csvDevProd2", "csv_PRD_dev"]
)
def test_a_name_that_says_another_environment_or_none_is_refused_wherever_it_is_used(table: str, thing: str, name: str):
    tables: dict[str, Any] = {table: {thing: name}}
    (fault,) = faults(**tables)
    assert fault.startswith(f"{table}.{thing} is {name}, ")


@pytest.mark.parametrize(
    "name", ["in-{account}-{environment}", "Tally-Dev-in", "csv-product-test2", "livestock-staging"]
)
def test_a_name_of_an_allowed_environment_is_not(name: str):
    assert faults(names=dict.fromkeys(USUAL, name)) == []


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"project": "csv-prod"}, "the project is csv-prod, "),
        ({"aurora_secret": "csv/production/aurora"}, "aurora_secret is csv/production/aurora, "),
        ({"database_url": "host=aurora-prod.example.com dbname=csvbatch"}, "--database-url or DATABASE_URL leads to "),
        ({"database_url": "postgresql://127.0.0.1/csv_live"}, "--database-url or DATABASE_URL leads to "),
    ],
)
def test_what_carries_no_environment_must_not_say_production(told: dict[str, Any], says: str):
    (fault,) = faults(**told)
    assert fault.startswith(says)


def test_the_settings_say_which_environments_are_allowed():
    assert faults(environment="qa1", environments=["qa1"], names={"bucket": "in-qa1"}) == []
    assert len(faults(environment="dev", environments=["qa1"])) == 1
    assert len(faults(environment="prod", names={"rule": "uploads-prod", "bucket": "in-prod"})) == 3
