"""`python -m steps.targets.stand_in`: run an embedded AWS as the dev account, with the pipeline deployed.

It prints the variables to reach it, and runs until Ctrl-C, SIGTERM or the end of its standard input.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from shlex import quote

from local_aws import LocalAws, surroundings
from steps.cloudformation.declared import Clients
from steps.drivers.names import Names
from steps.paths import ROOT
from steps.targets import settings
from steps.targets.embedded_start import DATABASE
from steps.targets.emulator import deployed, packed
from steps.targets.environment import clients
from steps.targets.system import SystemUnderTest


def main(folder: Path = ROOT / "system_under_test") -> None:
    """Serve the account of the pipeline's settings as the pipeline's own data.yaml describes it."""
    serve(SystemUnderTest(folder))


def serve(
    system: SystemUnderTest,
    *,
    rows: Sequence[str] = ("schema", "history"),
    complete: Callable[[Clients, Names], None] = lambda client, names: None,
) -> None:
    """Serve the account of the settings; its network ids, which AWS generates, are printed with the variables.

    `rows`: see `deployed`. `complete` makes by API calls whatever the data template does not declare.
    """
    surroundings.adopt(surroundings.isolated(os.environ))
    told = settings.read(system.settings, os.environ)
    names = told.names_in(told.account)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with LocalAws.start(account=told.account, region=told.region, database=DATABASE) as aws:
        client = clients(aws.environment)
        done = deployed(
            packed(system, names),
            system,
            names,
            client,
            database_url=aws.database_url,
            test_users=told.users,
            rows=rows,
            AuroraSecretName=told.aurora_secret,
        )
        complete(client, names)
        function = client("lambda").get_function_configuration(FunctionName=names.functions[0])["VpcConfig"]
        exports = aws.environment | {
            "ACCEPTANCE_SUBNETS": ",".join(function["SubnetIds"]),
            "ACCEPTANCE_SECURITY_GROUPS": ",".join(function["SecurityGroupIds"]),
        }
        for name, value in exports.items():
            print(f"export {name}={quote(value)}")
        print(f"# {len(done.declared)} resources in {told.account}; Ctrl-C ends them", flush=True)
        with suppress(KeyboardInterrupt):
            sys.stdin.read()


if __name__ == "__main__":
    main()
