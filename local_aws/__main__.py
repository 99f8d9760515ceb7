"""The command line: `python -m local_aws serve` and `python -m local_aws parity`."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

from local_aws import surroundings
from local_aws.wheels import missing_wheels

if TYPE_CHECKING:
    from local_aws.serve import Served

_DEPLOYER = "steps.cloudformation"
"""The program that deploys templates. It is run and not imported: nothing here knows how it does that."""


def main(arguments: list[str] | None = None) -> int:
    """Serves until Ctrl-C, or runs the parity cases; returns the exit status, 0 if the server could start."""
    options = _options(arguments)
    if options.command == "parity":
        from local_aws.parity.command import main as run_parity

        return run_parity(options.area, options.write)
    if causes := missing_wheels():
        return _refuse("\n".join(causes), options.attached)
    from local_aws.serve import CannotServe, Settings, served, wait_for_the_end

    settings = Settings(options.account, options.region, options.database, options.port, options.database_port)

    def tell(running: Served) -> None:
        if options.attached is not None:
            _answer(options.attached, running.to_json())
            return
        if options.template:
            _deploy(options.template, options.parameter, running)
        for name, value in running.environment.items():
            print(f"export {name}={shlex.quote(value)}")
        print(f"# Serving until Ctrl-C or: kill {running.pid}", flush=True)

    try:
        with served(settings) as running:
            tell(running)
            wait_for_the_end(of_input=options.attached is not None)
    except CannotServe as error:
        return _refuse(str(error), options.attached)
    except KeyboardInterrupt:
        return 130
    return 0


def _deploy(folder: str, parameters: list[str], running: Served) -> None:
    """Deploys by a program of its own, which knows nothing but the environment; raises CannotServe if it fails."""
    from local_aws.serve import CannotServe

    environment = surroundings.led(os.environ, running.environment)
    deployed = subprocess.run([*surroundings.python(_DEPLOYER), folder, *parameters], env=environment)
    if deployed.returncode:
        raise CannotServe(f"{folder} is not deployed.")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local_aws", description="An AWS for this machine alone.")
    commands = parser.add_subparsers(required=True, dest="command")
    parity = commands.add_parser("parity", help="compare its answers with AWS's; fail on a case that turned wrong")
    parity.add_argument("area", nargs="*", help="an area, by the name of its file in local_aws/parity/cases")
    parity.add_argument("--write", action="store_true", help="write docs/parity.md")
    serve = commands.add_parser("serve", help="serve until Ctrl-C")
    serve.add_argument("--account", default="000000000000", help="the account id, 12 digits")
    serve.add_argument("--region", default="us-east-1")
    serve.add_argument("--database", default="postgres", help="the database to create")
    serve.add_argument("--port", type=int, default=0, help="of the AWS endpoint (default: a free one)")
    serve.add_argument("--database-port", type=int, default=0, help="of PostgreSQL (default: a free one)")
    template = "deploy the SAM template of this folder (template.yaml, and data.yaml before it), and print its outputs"
    serve.add_argument("--template", metavar="DIR", help=template)
    parameter = "a parameter of the templates; may be given again"
    serve.add_argument("--parameter", metavar="NAME=VALUE", action="append", default=[], help=parameter)
    attached = "say all in one line of JSON to the descriptor FD, and end when standard input does"
    serve.add_argument("--attached", metavar="FD", type=int, help=attached)
    return parser.parse_args(arguments)


def _refuse(causes: str, attached: int | None) -> int:
    if attached is not None:
        _answer(attached, json.dumps({"error": causes}))
    else:
        print(causes, file=sys.stderr)
    return 1


def _answer(descriptor: int, line: str) -> None:
    with os.fdopen(descriptor, "w", encoding="utf-8") as starter:
        print(line, file=starter)


if __name__ == "__main__":
    status = main()
    # All is stopped and removed. Python's own end would free each of moto's objects, for 0.6 to 1 s of CPU, while the
    # starter waits (2 cores, Python 3.11, 2026-11-28).
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
