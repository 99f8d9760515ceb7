"""Deploys the pipeline to an emulated AWS that belongs to the session alone, with its own database."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
import samtranslator.translator.translator  # noqa: F401  half a second, which ends while the embedded AWS starts
from botocore.exceptions import WaiterError

from local_aws import NoRuntime, node_runtime
from steps.cloudformation.declared import Clients, Declared
from steps.cloudformation.deploy import StandIns, deploy
from steps.cloudformation.errors import DeployError
from steps.cloudformation.packages import Application, build
from steps.drivers.names import Names
from steps.drivers.postgres import Database, SqlRefused
from steps.drivers.users import User
from steps.explained_error import ExplainedError
from steps.targets.system import SystemUnderTest

_FUNCTION = "AWS::Lambda::Function"
_SECRET = "AuroraSecretArn"


@dataclass(frozen=True)
class Deployed:
    """The result of a deployment: resources by logical id, the secret's ARN, and notes for the verdict."""

    declared: dict[str, Declared]
    secret_arn: str
    notes: list[str]


class SchemaRefused(ExplainedError):
    """PostgreSQL refuses the pipeline's schema.sql, or the rows of history.sql by that schema."""

    diagnosis = SqlRefused.diagnosis
    failed_line = "DAT-01"


def packed(
    system: SystemUnderTest, names: Names, make: Mapping[str, str] | None = None, *, fold_layers: bool = False
) -> list[Application]:
    """Build the system's templates, data template first, with their packages; `make`, `fold_layers`: see `build`."""
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
    rows: Sequence[str] = ("schema", "history"),
    **parameters: str,
) -> Deployed:
    """Deploy the data template (in the dev account, Terraform's), the schema with some rows, then the pipeline.

    `stand_ins`: see `deploy`. `rows`: the SQL files that make tables and rows. `parameters`: further template
    parameters, such as AuroraEndpoint if the emulator's RDS does not report the endpoint at which functions reach the
    database.
    """
    database = psycopg.conninfo.conninfo_to_dict(database_url)
    common = {
        "ProjectName": names.project,
        "Environment": names.environment,
        "UploadRuleName": names.rule,
        "EventBridgeRoleName": names.rule_role,
        **parameters,
    }
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
        try:
            for file in rows:
                session.tell(file)
        except SqlRefused as refused:
            raise SchemaRefused(str(refused)) from refused
    pipeline = deploy(applications[1], client, **where, parameters=data.outputs | common, exports=data.exports)
    declared = data.declared | pipeline.declared
    _until_active(client, [each.ref for each in declared.values() if each.kind == _FUNCTION])
    return Deployed(declared, data.outputs[_SECRET], [*data.notes, *pipeline.notes, *_runtime_notes(declared)])


def _until_active(client: Clients, functions: Sequence[str]) -> None:
    """Wait while functions are Pending; the checks report a function that never becomes active."""
    waiter = client("lambda").get_waiter("function_active_v2")
    with suppress(WaiterError):
        for function in functions:
            waiter.wait(FunctionName=function, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def _runtime_notes(declared: dict[str, Declared]) -> list[str]:
    runtimes = sorted({each.properties["Runtime"] for each in declared.values() if "Runtime" in each.properties})
    ours = {each: _own_runtime(each) for each in runtimes}
    return [f"functions declared for {each} ran in this machine's {own}" for each, own in ours.items() if each != own]


def _own_runtime(runtime: str) -> str:
    """The runtime in which this machine runs functions declared for `runtime`."""
    if runtime.startswith("nodejs"):
        with suppress(NoRuntime):  # an emulator elsewhere may have one
            return node_runtime()
        return runtime
    return f"python{sys.version_info.major}.{sys.version_info.minor}"
