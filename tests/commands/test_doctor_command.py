"""`python -m commands doctor` as people run it: its status, its lines, and which services it asks."""

from __future__ import annotations

from pathlib import Path
from subprocess import CompletedProcess

import pytest

from commands.doctor import SERVICES
from steps.targets.environment import Environment
from tests.commands.test_doctor import NETWORK, NOBODY, SIGN_IN
from tests.conftest import Command
from tests.steps.reference import NAMES


@pytest.fixture
def doctor(run_command: Command, environment: Environment) -> Command:
    """Runs it in the reference pipeline's account."""
    names = f"--region={NAMES.region}", f"--project={NAMES.project}", f"--environment={NAMES.environment}"

    def run(*arguments: str, **variables: str) -> CompletedProcess[str]:
        account = environment.exports | {"ACCEPTANCE_ACCOUNT": NAMES.account}
        return run_command("doctor", *names, *arguments, **account | variables)

    return run


def test_it_ends_well_where_all_is_well(doctor: Command):
    done = doctor()
    assert (done.returncode, done.stderr) == (0, "")
    assert [(line[:2], line[4:20].strip()) for line in done.stdout.splitlines()] == [("ok", each) for each in SERVICES]


def test_it_tests_those_services_alone_that_it_is_told(doctor: Command):
    nobody = {"AWS_ENDPOINT_URL_DYNAMODB": NOBODY}
    done = doctor("--service=S3", "--service=PostgreSQL", **nobody)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line[4:20].strip() for line in done.stdout.splitlines()] == ["S3", "PostgreSQL"]
    assert "invalid choice: 'SQS'" in doctor("--service=SQS").stderr


def test_it_ends_badly_where_anything_failed_and_goes_on_to_the_last(doctor: Command):
    nobody = {f"AWS_ENDPOINT_URL_{name}": NOBODY for name in ("DYNAMODB", "SFN", "CLOUDWATCH_LOGS")}
    done = doctor(**nobody)
    named = [line for line in done.stdout.splitlines() if line.startswith("NO")]
    assert (done.returncode, done.stderr) == (1, "")
    assert [line[4:20].strip() for line in named] == ["Step Functions", "DynamoDB", "CloudWatch Logs"]
    assert done.stdout.count(f"remedy: {NETWORK}") == 3


def test_it_tells_whoever_has_not_signed_in(doctor: Command, tmp_path: Path):
    nobody = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "")
    nobody |= {name: str(tmp_path / "none") for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
    for arguments in ((), ("--service=S3", "--service=DynamoDB")):
        done = doctor(*arguments, **nobody)
        first, remedy, *others = done.stdout.splitlines()
        assert (done.returncode, done.stderr) == (1, "")
        assert first.startswith("NO  STS              Unable to locate credentials")
        assert f"remedy: {SIGN_IN}" in remedy
        assert len(others) == (2 if arguments else len(SERVICES) - 1)
        assert all(line.startswith("-   ") and line.endswith("not tested, because of STS") for line in others)


def test_it_stops_at_an_account_that_is_not_meant(doctor: Command):
    """The settings' own or the one of --account, which counts before it."""
    for arguments, variables in ((("--account=210987654321",), {}), ((), {"ACCEPTANCE_ACCOUNT": "210987654321"})):
        done = doctor(*arguments, **variables)
        assert (done.returncode, done.stderr) == (1, "")
        assert [line for line in done.stdout.splitlines() if line.startswith("ok")] == []
        assert f"is of account {NAMES.account}, not 210987654321" in done.stdout.splitlines()[0]
    done = doctor(f"--account={NAMES.account}", "--service=S3", ACCEPTANCE_ACCOUNT="210987654321")
    assert (done.returncode, done.stdout[:4]) == (0, "ok  ")
