"""`python -m commands doctor` as people run it: its status, its lines, and which services it asks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from commands.doctor import SERVICES
from steps.paths import ROOT
from steps.targets.environment import Environment
from tests.commands.test_doctor import NETWORK, NOBODY, SIGN_IN
from tests.steps.reference import NAMES


def run(environment: Environment, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    names = f"--region={NAMES.region}", f"--project={NAMES.project}", f"--environment={NAMES.environment}"
    return subprocess.run(
        [sys.executable, "-m", "commands", "doctor", *names, *arguments],
        cwd=ROOT,
        env=os.environ | environment.exports | {"ACCEPTANCE_ACCOUNT": NAMES.account} | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_it_ends_well_where_all_is_well(environment: Environment):
    done = run(environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert [(line[:2], line[4:20].strip()) for line in done.stdout.splitlines()] == [("ok", each) for each in SERVICES]


def test_it_tests_those_services_alone_that_it_is_told(environment: Environment):
    nobody = {"AWS_ENDPOINT_URL_DYNAMODB": NOBODY}
    done = run(environment, "--service=S3", "--service=PostgreSQL", **nobody)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line[4:20].strip() for line in done.stdout.splitlines()] == ["S3", "PostgreSQL"]
    assert "invalid choice: 'SQS'" in run(environment, "--service=SQS").stderr


def test_it_ends_badly_where_anything_failed_and_goes_on_to_the_last(environment: Environment):
    nobody = {f"AWS_ENDPOINT_URL_{name}": NOBODY for name in ("DYNAMODB", "SFN", "CLOUDWATCH_LOGS")}
    done = run(environment, **nobody)
    named = [line for line in done.stdout.splitlines() if line.startswith("NO")]
    assert (done.returncode, done.stderr) == (1, "")
    assert [line[4:20].strip() for line in named] == ["Step Functions", "DynamoDB", "CloudWatch Logs"]
    assert done.stdout.count(f"remedy: {NETWORK}") == 3


def test_it_tells_whoever_has_not_signed_in(environment: Environment, tmp_path: Path):
    nobody = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "")
    nobody |= {name: str(tmp_path / "none") for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
    for arguments in ((), ("--service=S3", "--service=DynamoDB")):
        done = run(environment, *arguments, **nobody)
        first, remedy, *others = done.stdout.splitlines()
        assert (done.returncode, done.stderr) == (1, "")
        assert first.startswith("NO  STS              Unable to locate credentials")
        assert f"remedy: {SIGN_IN}" in remedy
        assert len(others) == (2 if arguments else len(SERVICES) - 1)
        assert all(line.startswith("-   ") and line.endswith("not tested, because of STS") for line in others)


def test_it_stops_at_an_account_that_is_not_meant(environment: Environment):
    """The settings' own or the one of --account, which counts before it."""
    for arguments, variables in ((("--account=210987654321",), {}), ((), {"ACCEPTANCE_ACCOUNT": "210987654321"})):
        done = run(environment, *arguments, **variables)
        assert (done.returncode, done.stderr) == (1, "")
        assert [line for line in done.stdout.splitlines() if line.startswith("ok")] == []
        assert f"is of account {NAMES.account}, not 210987654321" in done.stdout.splitlines()[0]
    done = run(environment, f"--account={NAMES.account}", "--service=S3", ACCEPTANCE_ACCOUNT="210987654321")
    assert (done.returncode, done.stdout[:4]) == (0, "ok  ")
