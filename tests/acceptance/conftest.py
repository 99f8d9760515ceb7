"""Runs the acceptance as a user does: in a process of its own, judged by its exit code and verdict.json."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from defects import sessions
from steps.paths import ROOT as ROOT
from steps.suite.reports import left_in


@dataclass(frozen=True)
class Session:
    """An acceptance session that has ended."""

    exit: int
    output: str
    verdict: dict[str, Any] = field(repr=False)

    def items(self, status: str) -> set[str]:
        """The lines in scope of that status."""
        return {id for id in self.verdict["scope"] if self.verdict["items"][id]["status"] == status}

    def __repr__(self) -> str:
        return f"a session with exit code {self.exit}\n{self.output}"


Accept = Callable[..., Session]


def command(reports: Path, *arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--reports={reports}", *map(str, arguments)]


def environment() -> dict[str, str]:
    """Our own variables without those of the outer pytest."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def run_forked(reports: Path, *arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a session in a process forked from one that has done the imports; what it prints is all in `stdout`."""
    line = command(reports, *arguments)[3:]
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as output:
        session = sessions.begin(line, Path(output.name), cwd)
        session.join(240)
        assert session.exitcode is not None, f"the session did not end within 240 s\n{output.read()}"
        return subprocess.CompletedProcess(line, session.exitcode, output.read(), "")


@pytest.fixture
def accept(tmp_path: Path) -> Accept:
    def run(*arguments: str | Path, mark: tuple[str, ...] = ("-m", "local")) -> Session:
        done = run_forked(tmp_path / "reports", *mark, *arguments)
        file = left_in(tmp_path / "reports")
        verdict = json.loads(file.read_text("utf-8")) if file.exists() else {}
        return Session(done.returncode, done.stdout, verdict)

    return run


def client(account: Mapping[str, str], service: str) -> Any:
    """A client in the account with all its rights."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=account["AWS_ENDPOINT_URL"],
        region_name=account["AWS_REGION"],
        aws_access_key_id=account["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=account["AWS_SECRET_ACCESS_KEY"],
    )


@pytest.fixture(scope="module")
def account(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The variables that lead to the account that the module's STAND_IN serves; its last line says that it is there."""
    line = [sys.executable, *request.module.STAND_IN]
    with subprocess.Popen(
        line, cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as stand_in:
        assert stand_in.stdout is not None
        exports = {}
        while (told := stand_in.stdout.readline()).startswith("export "):
            name, _, value = told.removeprefix("export ").strip().partition("=")
            exports[name] = value.strip("'")
        assert told.startswith("# "), "it ended before it was up"
        yield exports
        stand_in.terminate()


@pytest.fixture
def accept_in_account(account: dict[str, str], tmp_path: Path) -> Accept:
    """Runs `pytest -m aws-dev` in the account, through a tunnel to its database unless `database` is false."""

    def run(*arguments: str, database: bool = True, **variables: str) -> Session:
        aws = {name: value for name, value in account.items() if name.startswith(("AWS_", "ACCEPTANCE_"))}
        tunnel = [f"--database-url={account['DATABASE_URL']}"] if database else []
        done = subprocess.run(
            command(tmp_path, "-m", "aws-dev", *tunnel, *arguments),
            cwd=ROOT,
            env=environment() | aws | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        file = left_in(tmp_path)
        verdict = json.loads(file.read_text("utf-8")) if file.exists() else {}
        return Session(done.returncode, done.stdout + done.stderr, verdict)

    return run


POLICY = (ROOT / "docs" / "acceptance-policy.json").read_text("utf-8")


@pytest.fixture
def narrow(account: dict[str, str]) -> Iterator[dict[str, str]]:
    """The variables of a role that may do no more than docs/acceptance-policy.json says."""
    with assumed(account, "csv-acceptance", POLICY) as variables:
        yield variables


@contextmanager
def assumed(account: Mapping[str, str], name: str, policy: str) -> Iterator[dict[str, str]]:
    """The variables of a role with this name and policy."""
    iam, id = client(account, "iam"), client(account, "sts").get_caller_identity()["Account"]
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": id}}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="acceptance", PolicyDocument=policy)
    keys = client(account, "sts").assume_role(RoleArn=role, RoleSessionName="acceptance")["Credentials"]
    yield {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }
    iam.delete_role_policy(RoleName=name, PolicyName="acceptance")
    iam.delete_role(RoleName=name)
