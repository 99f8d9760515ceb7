"""One embedded AWS, and the reference pipeline deployed there for each module that asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local_aws import LocalAws
from steps.cloudformation.declared import Clients, Declared, Properties
from steps.cloudformation.deploy import deploy
from steps.cloudformation.drift import Comparison, compare, read
from steps.cloudformation.packages import Application, build
from steps.targets.environment import clients

ROOT = Path(__file__).resolve().parents[3]
ACCOUNT, REGION = "123456789012", "ap-northeast-1"
WHERE: dict[str, Any] = {"account": ACCOUNT, "region": REGION}
PASSWORD = "the-password-of-aurora"
Seen = set[str]
"""The differences found so far, each as "logical id: path"."""


@dataclass
class Pipeline:
    """Both stacks, as declared and as they are now."""

    client: Clients
    applications: list[Application]
    declared: dict[str, Declared]
    outputs: dict[str, Any]

    def __getitem__(self, name: str) -> str:
        """The physical id of a resource."""
        return self.declared[name].ref

    def compare(self, *services: str) -> list[Comparison]:
        """The resources of these services, or all."""
        asked = {
            name: each for name, each in self.declared.items() if not services or each.kind.split("::")[1] in services
        }
        return compare(self.client, asked)


def seen(comparisons: list[Comparison]) -> Seen:
    return {f"{each.name}: {found.path}" for each in comparisons for found in each.differences}


@pytest.fixture(scope="session")
def client() -> Iterator[Clients]:
    with LocalAws.start(account=ACCOUNT, region=REGION) as running:
        yield clients(running.environment)


def names_of_rule(environment: str) -> dict[str, str]:
    """The parameters of data.yaml that name the rule and its role."""
    return {"EventBridgeRoleName": f"invoke-role-{environment}", "UploadRuleName": f"csv-upload-{environment}"}


@pytest.fixture(scope="module")
def pipeline(client: Clients, request: pytest.FixtureRequest) -> Pipeline:
    """In an environment of the module's own."""
    environment = request.module.__name__.rpartition("_")[2]
    folder = ROOT / "system_under_test"
    applications = [build(folder / name, f"packages-{environment}") for name in ("data.yaml", "template.yaml")]
    secret = f"aurora-{environment}"
    parameters = {"Environment": environment, "DatabasePassword": PASSWORD, "AuroraSecretName": secret}
    parameters |= names_of_rule(environment)
    data = deploy(applications[0], client, **WHERE, parameters=parameters)
    functions = deploy(applications[1], client, **WHERE, parameters=parameters | data.outputs)
    return Pipeline(client, applications, data.declared | functions.declared, data.outputs)


@pytest.fixture(scope="module")
def at_first(pipeline: Pipeline) -> list[Comparison]:
    """How the pipeline was found before any test changed it."""
    return pipeline.compare()


@pytest.fixture(scope="module")
def there(pipeline: Pipeline) -> dict[str, Properties | None]:
    """The state as deployed, before any test changed it."""
    return {name: read(pipeline.client, each) for name, each in pipeline.declared.items()}


@pytest.fixture(scope="module")
def already(at_first: list[Comparison], there: dict[str, Properties | None]) -> Seen:
    """The changes made so far, so that each test finds its own change alone."""
    return seen(at_first)


@pytest.fixture
def new(pipeline: Pipeline, already: Seen) -> Callable[..., Seen]:
    """The differences in these services that were not there before."""

    def look(*services: str) -> Seen:
        found = seen(pipeline.compare(*services)) - already
        already.update(found)
        return found

    return look
