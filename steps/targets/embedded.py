"""The embedded target: the suite's own AWS emulator on this machine, with the pipeline deployed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import psycopg

from local_aws import LocalAws, LocalAwsError
from steps.drivers.fault_injection import Faults
from steps.drivers.names import Names
from steps.drivers.users import User
from steps.targets.embedded_start import DATABASE, Starting
from steps.targets.environment import Environment, EnvironmentBroken, Patience, clients
from steps.targets.system import SystemUnderTest

PATIENCE = Patience(start=5, end=900, logs=120, look=0.15)
_FUNCTION = "AWS::Lambda::Function"
GAPS = {(_FUNCTION, "FileSystemConfigs"): "the embedded AWS does not keep it"}
"""Properties that cannot be read back from the embedded AWS: see `Environment.gaps`."""


def embedded(
    starting: Starting,
    system: SystemUnderTest,
    *,
    names: Names,
    test_users: Sequence[User],
    say: Callable[[str], None],
    phase: Callable[[str], AbstractContextManager[None]],
) -> Environment:
    """Wait for the `starting` embedded AWS and deploy `system`; report progress to `say` and `phase`."""
    from steps.targets.emulator import deployed, packed  # slow (SAM translator): imported while AWS starts

    with phase("start"):
        applications = packed(system, names)
        aws = starting.result()
    say(f"embedded AWS and PostgreSQL answer on {aws.endpoint_url}")
    environment = empty(aws, names, system.sql)
    with phase("deploy"):
        done = deployed(
            applications, system, names, environment.client, database_url=aws.database_url, test_users=test_users
        )
    say(f"deployed {len(done.declared)} resources")
    return replace(environment, secret_arn=done.secret_arn, declared=done.declared, notes=done.notes)


def empty(aws: LocalAws, names: Names, sql: list[Path]) -> Environment:
    """The environment of the embedded AWS before anything is deployed."""
    return Environment(
        target="embedded",
        names=names,
        check=lambda: _check(aws),
        client=clients(aws.environment),
        database_url=aws.database_url,
        database_name=DATABASE,
        aurora_endpoint=aws.aurora_endpoint,
        secret_arn="",
        declared={},
        exports=aws.environment,
        patience=PATIENCE,
        sql=sql,
        notes=[],
        gaps=GAPS,
        faults=Faults(f"{aws.endpoint_url}/_faults", *_root_keys(aws)),
    )


def _root_keys(aws: LocalAws) -> tuple[str, str]:
    return aws.environment["AWS_ACCESS_KEY_ID"], aws.environment["AWS_SECRET_ACCESS_KEY"]


def _check(aws: LocalAws) -> None:
    """Raise EnvironmentBroken if the emulator or its PostgreSQL has stopped: a failure is then not the pipeline's."""
    try:
        aws.check()
        psycopg.connect(aws.database_url, connect_timeout=5).close()
    except LocalAwsError as ended:
        raise EnvironmentBroken(str(ended)) from ended
    except psycopg.OperationalError as refused:
        raise EnvironmentBroken(
            "The PostgreSQL of the embedded AWS does not answer any more.",
            evidence=str(refused),
            remedy="run again; if it happens again, look for what ends it (memory, disk)",
        ) from refused
