"""`python -m steps.cloudformation DIR [NAME=VALUE ...]`: deploy a SAM folder to the emulator of the environment.

The embedded AWS runs it for `serve --template`. It deploys DIR/data.yaml, if there is one, and DIR/template.yaml, which
takes the outputs of the first as parameters, and prints all outputs as comments of a shell.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import boto3

from steps.cloudformation.deploy import deploy
from steps.cloudformation.errors import DeployError
from steps.cloudformation.packages import build

_LOGIN = {"DatabaseUsername": "PGUSER", "DatabasePassword": "PGPASSWORD"}


def main(arguments: list[str]) -> int:
    """Deploy; return the exit status."""
    if not arguments or "AWS_ENDPOINT_URL" not in os.environ:
        print("Usage: python -m steps.cloudformation DIR [NAME=VALUE ...], with AWS_ENDPOINT_URL set", file=sys.stderr)
        return 2
    try:
        for name, value in _deploy(Path(arguments[0]), dict(each.split("=", 1) for each in arguments[1:])).items():
            print(f"# {name} = {value}")
    except DeployError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _deploy(folder: Path, given: dict[str, Any]) -> dict[str, Any]:
    client = cache(boto3.client)
    account = client("sts").get_caller_identity()["Account"]
    region, outputs, exports = os.environ["AWS_REGION"], dict[str, Any](), dict[str, Any]()
    login = {name: os.environ[variable] for name, variable in _LOGIN.items() if variable in os.environ}
    templates = [*folder.glob("data.yaml"), folder / "template.yaml"]
    for application in [build(path, f"aws-sam-cli-managed-{account}-{region}") for path in templates]:
        parameters = login | outputs | given
        stack = deploy(application, client, account=account, region=region, parameters=parameters, exports=exports)
        outputs, exports = outputs | stack.outputs, exports | stack.exports
        for note in stack.notes:
            print(f"# {note}")
    return outputs


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
