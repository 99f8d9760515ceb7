"""The embedded target: an AWS of our own on this machine, with the pipeline deployed into it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import psycopg

from local_aws import LocalAws, LocalAwsError
from steps.drivers.names import Names
from steps.targets.environment import Clients, Environment, EnvironmentBroken, Patience, clients
from steps.targets.launch import Starting
from steps.targets.system import SystemUnderTest

if TYPE_CHECKING:
    from steps.targets.deploy import Application, Stack

PATIENCE = Patience(start=5, end=900, logs=120, look=0.15)


def embedded(
    starting: Starting,
    system: SystemUnderTest,
    *,
    names: Names,
    say: Callable[[str], None],
    phase: Callable[[str], AbstractContextManager[None]],
) -> Environment:
    """The embedded AWS that is on its way, with `system` deployed; `say` and `phase` are told how it comes along."""
    from steps.targets.deploy import build  # the SAM translator with it, which is slow: while the AWS is on its way

    with phase("start"):
        bucket = f"aws-sam-cli-managed-{names.account}-{names.region}"
        applications = [build(template, bucket) for template in (system.data_template, system.template)]
        aws = starting.result()
    say(f"embedded AWS and PostgreSQL answer on {aws.endpoint_url}")
    client = clients(aws.environment)
    with phase("deploy"):
        data, pipeline = _deployed(applications, system, names, client, aws.database_url)
    say(f"deployed {len(data.declared) + len(pipeline.declared)} resources")
    return Environment(
        target="embedded",
        names=names,
        check=lambda: _check(aws),
        client=client,
        database_url=aws.database_url,
        secret_arn=data.outputs["AuroraSecretArn"],
        exports=aws.environment,
        patience=PATIENCE,
        sql=system.sql,
        notes=_runtime_notes(pipeline),
        faults_url=f"{aws.endpoint_url}/_faults",
    )


def _check(aws: LocalAws) -> None:
    """A run that failed because the place broke down says nothing about the pipeline."""
    try:
        aws.check()
        psycopg.connect(aws.database_url, connect_timeout=5).close()
    except LocalAwsError as ended:
        raise EnvironmentBroken(str(ended)) from ended
    except psycopg.OperationalError as refused:
        raise EnvironmentBroken(
            f"The PostgreSQL of the embedded AWS does not answer any more.\n  evidence: {refused}\n"
            "  remedy: run again; if it happens again, look for what ends it (memory, disk)"
        ) from refused


def _deployed(
    applications: list[Application], system: SystemUnderTest, names: Names, client: Clients, database_url: str
) -> tuple[Stack, Stack]:
    """What Terraform owns in the dev account, the schema with some history, then the pipeline itself."""
    from steps.targets.deploy import deploy

    database = psycopg.conninfo.conninfo_to_dict(database_url)
    common = {"ProjectName": names.project, "Environment": names.environment}
    login = {"DatabaseUsername": database["user"], "DatabasePassword": database["password"]}
    where = {"account": names.account, "region": names.region}
    data = deploy(applications[0], client, **where, parameters=common | login)
    with psycopg.connect(database_url, autocommit=True) as connection:
        for file in ("schema", "history"):
            path = next(folder / f"{file}.sql" for folder in system.sql if (folder / f"{file}.sql").is_file())
            connection.execute(path.read_bytes())
    # The cluster's own endpoint is a name that only AWS resolves; here PostgreSQL listens on the loopback.
    here = {"AuroraEndpoint": f"{database['host']}:{database['port']}"}
    return data, deploy(applications[1], client, **where, parameters=common | data.outputs | here)


def _runtime_notes(stack: Stack) -> list[str]:
    ours = f"python{sys.version_info.major}.{sys.version_info.minor}"
    runtimes = {
        spec["Properties"]["Runtime"] for spec in stack.declared.values() if "Runtime" in spec["Properties"]
    } - {ours}
    return [f"functions declared for {each} ran in this machine's {ours}" for each in sorted(runtimes)]
