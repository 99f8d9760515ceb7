"""The pipeline deployed into an AWS that is nobody's but ours, with a database of our own."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from botocore.exceptions import WaiterError

from steps.cloudformation.declared import Clients, Declared
from steps.cloudformation.deploy import StandIns, deploy
from steps.cloudformation.errors import DeployError
from steps.cloudformation.packages import Application, build
from steps.drivers.names import Names
from steps.drivers.postgres import Database
from steps.drivers.users import User
from steps.targets.system import SystemUnderTest

_FUNCTION = "AWS::Lambda::Function"
_SECRET = "AuroraSecretArn"


@dataclass(frozen=True)
class Deployed:
    """What was deployed: every resource by its logical id, the secret's ARN, and what a reader should know."""

    declared: dict[str, Declared]
    secret_arn: str
    notes: list[str]


def packed(
    system: SystemUnderTest, names: Names, make: Mapping[str, str] | None = None, *, fold_layers: bool = False
) -> list[Application]:
    """The system's templates, the data's first, with their packages; for `make` and `fold_layers`, see `build`."""
    bucket = f"aws-sam-cli-managed-{names.account}-{names.region}"
    templates = system.data_template, system.template
    return [build(template, bucket, make, fold_layers=fold_layers) for template in templates]


def deployed(
    applications: Sequence[Application],
    system: SystemUnderTest,
    names: Names,
    client: Clients,
    *,
    database_url: str,
    test_users: Sequence[User],
    stand_ins: StandIns | None = None,
    **parameters: str,
) -> Deployed:
    """Deploys what Terraform owns in the dev account, the schema with some history, then the pipeline itself.

    For `stand_ins`, see `deploy`.
    `parameters` are more of the templates': an AuroraEndpoint, where the emulator's RDS does not tell the one at which
    functions reach the database.
    """
    database = psycopg.conninfo.conninfo_to_dict(database_url)
    common = {"ProjectName": names.project, "Environment": names.environment, **parameters}
    login = {"DatabaseUsername": database["user"], "DatabasePassword": database["password"]}
    where: dict[str, Any] = {"account": names.account, "region": names.region, "stand_ins": stand_ins}
    data = deploy(applications[0], client, **where, parameters=common | login)
    if _SECRET not in data.outputs:
        raise DeployError(
            f"{system.data_template.name} has no output {_SECRET}.",
            evidence=f"its outputs are {', '.join(data.outputs) or 'none'}",
            remedy="add it, with the ARN of the secret that holds username and password",
        )
    with Database(database_url, system.sql, test_users=test_users) as session:
        for file in ("schema", "history"):
            session.tell(file)
    pipeline = deploy(applications[1], client, **where, parameters=data.outputs | common)
    declared = data.declared | pipeline.declared
    _until_active(client, [each.properties["FunctionName"] for each in declared.values() if each.kind == _FUNCTION])
    return Deployed(declared, data.outputs[_SECRET], _runtime_notes(declared))


def _until_active(client: Clients, functions: Sequence[str]) -> None:
    """Waits while functions are Pending; that one never becomes active is for the checks to say."""
    waiter = client("lambda").get_waiter("function_active_v2")
    with suppress(WaiterError):
        for function in functions:
            waiter.wait(FunctionName=function, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def _runtime_notes(declared: dict[str, Declared]) -> list[str]:
    ours = f"python{sys.version_info.major}.{sys.version_info.minor}"
    runtimes = {each.properties["Runtime"] for each in declared.values() if "Runtime" in each.properties} - {ours}
    return [f"functions declared for {each} ran in this machine's {ours}" for each in sorted(runtimes)]
