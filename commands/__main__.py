"""The command line: `python -m commands start KEY` and `python -m commands restart KEY`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from steps.drivers.history import Reached
from steps.drivers.inbox import Inbox, NotThere
from steps.drivers.locks import Locks, NotRestarted, restart
from steps.drivers.names import Names
from steps.drivers.waiting import NotSeen
from steps.drivers.workflow import NoStateMachine, Workflow

PATIENCE = 960  # seconds: an execution ends itself after 900
LOOK = 2  # seconds between two looks


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what the command line says; 0 when it is done and, with --wait, has SUCCEEDED."""
    told = _parser().parse_args(arguments)
    try:
        return _run(told)
    except (NotThere, NoStateMachine, NotRestarted, NotSeen) as error:
        print(error, file=sys.stderr)
    except (BotoCoreError, ClientError) as error:
        print(f"AWS refused: {error}\n  remedy: look at the credentials, --account and --region", file=sys.stderr)
    return 1


def _run(told: argparse.Namespace) -> int:
    session = boto3.Session(region_name=told.region)
    account = told.account or session.client("sts").get_caller_identity()["Account"]
    names = Names(account, told.region, told.project, told.environment)
    workflow = Workflow(session.client("stepfunctions"), names.state_machine_arn, every=LOOK)
    machine = workflow.ready()
    if told.rehearse:
        print(f"ready: an execution of {machine} for s3://{names.bucket}/{told.key}")
        return 0
    upload = Inbox(session.client("s3"), names.bucket).found(told.key, told.version_id)
    if told.command == "restart":
        arn = restart(upload, Locks(session.client("dynamodb"), names.job_locks), workflow)
    else:
        arn = workflow.start_for(upload)
    print(arn)
    print(workflow.console(arn), file=sys.stderr)
    return _followed(workflow, arn) if told.wait else 0


def _followed(workflow: Workflow, arn: str) -> int:
    def tell(seconds: float, reached: Reached) -> None:
        print(f"{seconds:6.1f} s  {reached}", file=sys.stderr, flush=True)

    run = workflow.ended(arn, within=PATIENCE, watch=tell)
    print(json.dumps(run.output, ensure_ascii=False) if run.status == "SUCCEEDED" else run)
    return int(run.status != "SUCCEEDED")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m commands", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    told = (
        ("start", "start an execution for an uploaded file, where the upload has started none by itself"),
        ("restart", "clear the lock of an execution that has died, and start the file again"),
    )
    for name, purpose in told:
        command = commands.add_parser(name, help=purpose, description=purpose)
        command.add_argument("key", metavar="KEY", help="the file's key in the bucket, such as incoming/users.csv")
        command.add_argument("--version-id", help="the version; the newest unless said")
        command.add_argument("--rehearse", action="store_true", help="say what would be started, and start nothing")
        command.add_argument("--wait", action="store_true", help="follow the execution to its end")
        command.add_argument("--account", help="the account id; that of the credentials unless said")
        command.add_argument("--region", default="ap-northeast-1")
        command.add_argument("--project", default="csv-parallel-processing")
        command.add_argument("--environment", default="dev")
    return parser


if __name__ == "__main__":
    sys.exit(main())
