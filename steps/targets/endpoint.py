"""A running AWS emulator of any kind with a database, to which the pipeline is deployed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from random import randrange
from urllib.parse import urlsplit

import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from steps.drivers.partition import aws_domains
from steps.targets import limits
from steps.targets.emulator import deployed, packed
from steps.targets.environment import Environment, EnvironmentBroken, Patience, clients, telling_gaps
from steps.targets.settings import Settings
from steps.targets.system import SystemUnderTest

PATIENCE = Patience(start=15, end=900, logs=60, look=0.3)


def endpoint(
    url: str,
    database_url: str,
    settings: Settings,
    system: SystemUnderTest,
    *,
    say: Callable[[str], None],
    phase: Callable[[str], AbstractContextManager[None]],
    target: str = "endpoint",
    database_inside: str | None = None,
    make: Mapping[str, str] | None = None,
) -> Environment:
    """Deploy `system` to the emulator at `url`. Raises EnvironmentBroken if it or the database does not respond.

    `database_inside`: host:port at which functions reach the database, if it differs from `database_url`.
    `make`: variables for the Makefiles, which build packages for the declared Runtime. If None, the Makefiles are used
    (without variables) only for an emulator known to run that Runtime; other packages fit this machine.
    """
    if (urlsplit(url).hostname or "").endswith(aws_domains()):
        raise EnvironmentBroken(
            "Nothing is deployed to AWS itself.",
            evidence=f"--endpoint-url={url}",
            remedy="name an emulator; the dev account is looked at by pytest -m aws-dev",
        )
    exports = {
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        # Emulators use an access key of twelve digits as the account id, so each session has its own account.
        "AWS_ACCESS_KEY_ID": str(randrange(10**11, 10**12)),
        "AWS_SECRET_ACCESS_KEY": "test",
        "DATABASE_URL": database_url,
    }
    client = telling_gaps(clients(exports))

    def check() -> None:
        try:
            client("sts").get_caller_identity()
            psycopg.connect(database_url, connect_timeout=5).close()
        except (BotoCoreError, ClientError, psycopg.OperationalError) as silent:
            raise EnvironmentBroken(
                f"Nothing answers at {url}, or at the database.",
                evidence=str(silent),
                remedy="start the emulator and PostgreSQL, and name them by --endpoint-url and --database-url",
            ) from silent

    with phase("start"):
        check()
        names = settings.names_in(client("sts").get_caller_identity()["Account"])
        emulator = limits.emulator(url)
    known = limits.of(emulator)
    if make is None and known.own_runtimes:
        make = {}
    database = psycopg.conninfo.conninfo_to_dict(database_url)
    inside = database_inside or f"{database['host']}:{database.get('port', 5432)}"
    say(f"{emulator or 'an emulator that is not known'} answers on {url}, account {names.account}")
    host, _, port = inside.rpartition(":")
    stand_ins = {kind: {"Endpoint.Address": host, "Endpoint.Port": port} for kind in known.leaves_out}
    told = {"AuroraEndpoint": inside, "AuroraDatabaseName": str(database["dbname"])}
    with phase("deploy"):
        applications = packed(system, names, make, fold_layers=not known.applies_layers)
        done = deployed(
            applications,
            system,
            names,
            client,
            database_url=database_url,
            test_users=settings.users,
            stand_ins=stand_ins,
            **told,
        )
    declared = {name: each for name, each in done.declared.items() if each.kind not in stand_ins}
    left_out = ", ".join(sorted(done.declared.keys() - declared.keys()))
    say(f"deployed {len(declared)} resources" + (f", left out {left_out}" if left_out else ""))
    return Environment(
        target=target,
        names=names,
        check=check,
        client=client,
        database_url=database_url,
        database_name=str(database["dbname"]),
        aurora_endpoint=inside,
        secret_arn=done.secret_arn,
        declared=declared,
        exports=exports,
        patience=PATIENCE,
        sql=system.sql,
        notes=[
            *([] if make is not None else done.notes),
            f"the emulator is {emulator or 'not one whose limits are known'}",
            *([f"left out, since the emulator has none: {left_out}"] if left_out else []),
        ],
        limits=known.items,
        is_emulator=True,
    )
