"""Operate the pipeline by hand (doctor, start, restart, sql), or use verdicts (sheet, verify, trend, site, notify)."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from commands import nightly
from commands.doctor import CONNECT_SECONDS, SERVICES, Unusable, examine, get_caller
from commands.nightly import Run
from steps.drivers.execution_history import Reached
from steps.drivers.locks import Locks, NotStarted, refuse_duplicate, restart, restartable
from steps.drivers.s3 import Inbox, NotThere
from steps.drivers.step_functions import NoStateMachine, Workflow
from steps.drivers.users import session_settings
from steps.drivers.waiting import NotSeen
from steps.paths import REPORTS, ROOT
from steps.suite.visible_text import quoted, say
from steps.targets.settings import FILE, Settings, SettingsError, read
from steps.targets.system import SystemUnderTest

PATIENCE = 960  # seconds: an execution times out after 900
LOOK = 2  # seconds between two polls
SETTINGS = ROOT / "system_under_test" / FILE
_OVERRIDES = ("region", "project", "environment")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Return 0 on success; with --wait only if the execution has SUCCEEDED."""
    parser = _parser()
    told = parser.parse_args(arguments)
    if told.command in ("start", "restart") and not (told.key or told.rehearse):
        parser.error(f"{told.command} wants a KEY; --rehearse does without, where there is no file yet")
    try:
        return int(told.run(told))
    except (SettingsError, NotThere, NoStateMachine, NotStarted, NotSeen) as error:
        say(error, file=sys.stderr)
    except Unusable as found:
        say(f"{quoted(str(found))}\n  remedy: {found.remedy}", file=sys.stderr)
    except (BotoCoreError, ClientError) as error:
        say(
            f"AWS refused: {quoted(str(error))}\n  remedy: look at the credentials, --account and --region",
            file=sys.stderr,
        )
    return 1


def _fill_in_sheet(told: argparse.Namespace) -> int:
    """Write checklist.md and checklist.html beside a kept verdict, and print their paths."""
    from steps.reporting import sheet  # imports jinja2
    from steps.verdict import checklist

    try:
        say(*sheet.rewrite(told.verdict, checklist.read()))
    except sheet.NotAVerdict as error:
        say(error, file=sys.stderr)
        return 1
    return 0


def _verify(told: argparse.Namespace) -> int:
    from commands import verify  # imports cryptography

    return verify.main(told)


def _print_sql(told: argparse.Namespace) -> int:
    """Print a file of sql/, preceded by the SET statements that give the session its test users."""
    for name, value in session_settings(read(told.settings, os.environ, needed=()).users).items():
        literal = value.replace("'", "''")
        print(f"SET {name} = '{literal}';")
    folders = SystemUnderTest(told.settings.parent).sql
    print(next(file for folder in folders if (file := folder / f"{told.name}.sql").is_file()).read_text("utf-8"))
    return 0


def _account(told: argparse.Namespace) -> tuple[boto3.Session, Settings, str]:
    """The session and the settings that the command line names, and the account's id, which may be empty."""
    overrides = {name: value for name in _OVERRIDES if (value := getattr(told, name)) is not None}
    settings = read(told.settings, os.environ, needed=()).model_copy(update=overrides)
    return boto3.Session(region_name=settings.region), settings, told.account or settings.account


def _examine(told: argparse.Namespace) -> int:
    session, settings, account = _account(told)
    names = settings.names_in(account)
    config = Config(connect_timeout=CONNECT_SECONDS, read_timeout=10, retries={"total_max_attempts": 2})
    make: Any = session.client
    clients: dict[str, Any] = {}
    making = Lock()  # boto3 sessions are not thread-safe, clients are

    def client(service: str) -> Any:
        with making:
            if service not in clients:
                clients[service] = make(service, config=config)
            return clients[service]

    failed = 0
    for answer in examine(client, names, told.database_url, told.service or SERVICES):
        say(answer)
        failed += answer.well is False
    return int(failed > 0)


def _start(told: argparse.Namespace) -> int:
    session, settings, account = _account(told)
    names = settings.names_in(get_caller(session.client("sts"), account)["Account"])
    stepfunctions, paths = session.client("stepfunctions"), settings.input.paths
    workflow = Workflow(stepfunctions, names.state_machine_arn, every=LOOK, paths=paths)
    machine = workflow.ready()
    if not told.key:
        say(f"ready: {machine}, for any file")
        return 0
    upload = Inbox(session.client("s3"), names.bucket).found(told.key, told.version_id)
    locks = Locks(session.client("dynamodb"), names.job_locks)
    (restartable if told.command == "restart" else refuse_duplicate)(upload, locks, workflow)
    if told.rehearse:
        say(f"ready: an execution of {machine} for s3://{names.bucket}/{told.key}, version {upload.version_id}")
        return 0
    arn = restart(upload, locks, workflow) if told.command == "restart" else workflow.start_for(upload)
    say(arn)
    say(workflow.console(arn), file=sys.stderr)
    return _follow(workflow, arn) if told.wait else 0


def _follow(workflow: Workflow, arn: str) -> int:
    def tell(seconds: float, reached: Reached) -> None:
        say(f"{seconds:6.1f} s  {reached}", file=sys.stderr)

    run = workflow.ended(arn, within=PATIENCE, watch=tell)
    say(json.dumps(run.output, ensure_ascii=False) if run.status == "SUCCEEDED" else run)
    return int(run.status != "SUCCEEDED")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m commands", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, run: Run, purpose: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = commands.add_parser(name, parents=parents, help=purpose, description=purpose)
        command.set_defaults(run=run)
        return command

    settings: dict[str, Any] = {"metavar": "FILE", "type": Path, "help": f"{FILE} of the pipeline"}
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--account", help="the id of the account that is meant; that of the settings or else of the credentials"
    )
    common.add_argument("--settings", default=SETTINGS, **settings)
    for name in _OVERRIDES:
        common.add_argument(f"--{name}", help="that of the settings unless said")
    doctor = add("doctor", _examine, "test the connection to each service, and say what to do where one fails", common)
    doctor.add_argument(
        "--database-url",
        default=os.environ.get("DATABASE_URL"),
        help="where Aurora is reached from here; DATABASE_URL or else the cluster's endpoint unless said",
    )
    doctor.add_argument("--service", action="append", choices=SERVICES, help="this one alone; several times: these")
    fills = "fill in the checklist from a verdict that was kept: checklist.md and checklist.html beside it"
    sheet = add("sheet", _fill_in_sheet, fills)
    kept = REPORTS / "verdict.json"
    sheet.add_argument("verdict", metavar="VERDICT", nargs="?", type=Path, default=kept, help="reports/verdict.json")
    verify = add("verify", _verify, "whether an attestation still holds: 0 valid, 1 stale, 2 not to be trusted")
    verify.add_argument("attestation", metavar="FILE", nargs="?", type=Path, default=REPORTS / "attestation.json")
    verify.add_argument("--public-key", metavar="FILE", type=Path, help="it has to be signed by this PEM key")
    verify.add_argument("--settings", **settings | {"help": f"{FILE} of the pipeline unless said"})
    verify.add_argument("--system-under-test", metavar="DIR", type=Path, default=SETTINGS.parent)
    sql = add("sql", _print_sql, "print a file of sql/ with the test users of the settings, to be run by psql")
    questions = [file.stem for file in sorted((ROOT / "sql").glob("*.sql")) if "%(" not in file.read_text("utf-8")]
    sql.add_argument("name", metavar="NAME", choices=questions, help="the file's name, such as test_users")
    sql.add_argument("--settings", default=SETTINGS, **settings)
    nightly.add_to(add)
    starts = (
        ("start", "start an execution for an uploaded file, where the upload has started none by itself"),
        ("restart", "clear the lock of an execution that has died, and start the file again"),
    )
    for name, purpose in starts:
        start = add(name, _start, purpose, common)
        start.add_argument(
            "key", metavar="KEY", nargs="?", help="the file's key in the bucket, such as incoming/users.csv"
        )
        start.add_argument("--version-id", help="the version; the newest unless said")
        start.add_argument(
            "--rehearse", action="store_true", help="ask all that is asked before a start, and start nothing"
        )
        start.add_argument("--wait", action="store_true", help="follow the execution to its end")
    return parser


if __name__ == "__main__":
    sys.exit(main())
