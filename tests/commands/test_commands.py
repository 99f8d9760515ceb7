"""The commands of operators, run as they run them, on a state machine that does as its input's key says."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from local_aws import LocalAws
from steps.drivers.names import Names
from steps.drivers.s3 import Inbox, Upload
from tests.conftest import Command
from tests.local_aws.helpers import make_powerful_role

NAMES = Names(account="123456789012")
KEY = {"Variable": "$.detail.object.key"}
MACHINE = {
    "StartAt": "What is it?",
    "States": {
        "What is it?": {
            "Type": "Choice",
            "Choices": [
                {**KEY, "StringMatches": "*/fails.csv", "Next": "Fails"},
                {**KEY, "StringMatches": "*/waits.csv", "Next": "Waits"},
            ],
            "Default": "Ends",
        },
        "Fails": {"Type": "Fail", "Error": "ProcessingError", "Cause": "because"},
        "Waits": {"Type": "Wait", "Seconds": 600, "Next": "Ends"},
        "Ends": {"Type": "Pass", "Result": {"records_applied": 3}, "End": True},
    },
}


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws.start(account=NAMES.account, region=NAMES.region) as aws:
        yield aws


@pytest.fixture(scope="module")
def client(aws: LocalAws) -> Callable[[str], Any]:
    keys = (aws.environment["AWS_ACCESS_KEY_ID"], aws.environment["AWS_SECRET_ACCESS_KEY"])
    session = boto3.Session(*keys, region_name=NAMES.region)
    clients: dict[str, Any] = {}

    def named(service: str) -> Any:
        return clients.setdefault(service, session.client(service, endpoint_url=aws.endpoint_url))  # type: ignore[call-overload]

    named("s3").create_bucket(Bucket=NAMES.bucket, CreateBucketConfiguration={"LocationConstraint": NAMES.region})
    named("s3").put_bucket_versioning(Bucket=NAMES.bucket, VersioningConfiguration={"Status": "Enabled"})
    role = make_powerful_role(named("iam"))
    definition = json.dumps(MACHINE)
    named("stepfunctions").create_state_machine(name=NAMES.state_machine, definition=definition, roleArn=role)
    named("dynamodb").create_table(
        TableName=NAMES.job_locks,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "lock_key", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "lock_key", "KeyType": "HASH"}],
    )
    return named


@pytest.fixture
def upload(client: Callable[[str], Any]) -> Callable[[str], Upload]:
    return lambda name: Inbox(client("s3"), NAMES.bucket).deliver(name, b"content")


@pytest.fixture
def command(run_command: Command, aws: LocalAws, client: Callable[[str], Any]) -> Command:
    return functools.partial(run_command, **aws.environment, ACCEPTANCE_ACCOUNT=NAMES.account)


@pytest.fixture
def lock(client: Callable[[str], Any]) -> Callable[..., None]:
    """Gives an upload's lock to an execution."""

    def give(upload: Upload, owner: str, state: str, expires_at: int = 9_999_999_999) -> None:
        item = {"lock_key": upload.file_id, "owner": owner, "state": state}
        typed = {name: {"S": value} for name, value in item.items()} | {"expires_at": {"N": str(expires_at)}}
        client("dynamodb").put_item(TableName=NAMES.job_locks, Item=typed)

    return give


def locked(client: Callable[[str], Any], upload: Upload) -> bool:
    key = {"lock_key": {"S": upload.file_id}}
    return "Item" in client("dynamodb").get_item(TableName=NAMES.job_locks, Key=key)


def executions(client: Callable[[str], Any]) -> list[str]:
    found = client("stepfunctions").list_executions(stateMachineArn=NAMES.state_machine_arn)["executions"]
    return [execution["executionArn"] for execution in found]


def test_start_tells_the_execution_and_gives_it_the_event_of_this_version(command: Command, upload, client):
    first, newest = upload("any.csv"), upload("any.csv")
    for version, arguments in ((newest, ()), (first, (f"--version-id={first.version_id}",))):
        done = command("start", *arguments, "incoming/any.csv")
        assert done.returncode == 0, done.stderr
        described = client("stepfunctions").describe_execution(executionArn=done.stdout.strip())
        told = json.loads(described["input"])["detail"]["object"]
        assert (told["key"], told["version-id"], told["size"]) == (version.key, version.version_id, 7)
        assert done.stdout.strip() in done.stderr  # within the address of its page


def test_waiting_follows_the_execution_to_success_or_failure(command: Command, upload):
    upload("any.csv")
    upload("fails.csv")
    done, failed = (command("start", "--wait", f"incoming/{name}.csv") for name in ("any", "fails"))
    assert (done.returncode, json.loads(done.stdout.splitlines()[1])) == (0, {"records_applied": 3})
    assert failed.returncode == 1
    assert "FAILED" in failed.stdout
    assert "ProcessingError: because" in failed.stdout


@pytest.mark.parametrize("name", ["start", "restart"])
def test_a_rehearsal_names_machine_and_version_and_starts_nothing(command: Command, upload, client, name: str):
    newest, before = upload("any.csv"), executions(client)
    done = command(name, "--rehearse", "incoming/any.csv")
    assert (done.returncode, executions(client)) == (0, before), done.stderr
    what = f"an execution of {NAMES.state_machine_arn} for s3://{NAMES.bucket}/incoming/any.csv"
    assert done.stdout == f"ready: {what}, version {newest.version_id}\n"


def test_before_there_is_any_file_a_rehearsal_asks_for_the_machine_alone(command: Command):
    done = command("start", "--rehearse")
    assert (done.returncode, done.stdout) == (0, f"ready: {NAMES.state_machine_arn}, for any file\n")
    assert command("start", "--rehearse", "--project=other").returncode == 1
    nothing = command("start")
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert "start wants a KEY" in nothing.stderr


@pytest.mark.parametrize("rehearsed", [(), ("--rehearse",)])
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("incoming/none.csv",), "has no such version: none at all"),
        (("--version-id=gone", "incoming/any.csv"), "has no such version: gone"),
        (("--project=other", "incoming/any.csv"), "stateMachine:other-csv-processing-dev is not there"),
        (("--account=210987654321", "incoming/any.csv"), "is of account 123456789012, not 210987654321"),
    ],
)
def test_a_refused_start_is_explained_in_one_sentence(command: Command, upload, arguments, says, rehearsed):
    upload("any.csv")
    done = command("start", *rehearsed, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_is_started_in_another_account_than_the_settings(command: Command, upload):
    upload("any.csv")
    done = command("start", "incoming/any.csv", ACCEPTANCE_ACCOUNT="210987654321")
    assert (done.returncode, done.stdout) == (1, "")
    assert "is of account 123456789012, not 210987654321" in done.stderr
    assert "remedy: sign in to 210987654321" in done.stderr


@pytest.mark.parametrize("rehearsed", [(), ("--rehearse",)])
def test_a_duplicate_is_not_started(command: Command, upload, client, lock, rehearsed):
    forgotten = f"{NAMES.state_machine_arn.replace('stateMachine', 'execution')}:forgotten"
    running = command("start", upload("waits.csv").key).stdout.splitlines()[0]
    before = executions(client)
    for owner, state, says in (
        (running, "held", "still runs"),
        (forgotten, "held", "remedy: python -m commands restart incoming/any.csv"),
        (forgotten, "done", "has completed"),
    ):
        file = upload("any.csv")
        lock(file, owner, state)
        refused = command("start", *rehearsed, file.key)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert says in refused.stderr
        assert owner in refused.stderr
    assert executions(client) == before


def test_an_expired_lock_blocks_only_a_file_that_is_done(command: Command, upload, lock):
    file, forgotten = upload("any.csv"), f"{NAMES.state_machine_arn.replace('stateMachine', 'execution')}:forgotten"
    for state, status in (("held", 0), ("done", 1)):
        lock(file, forgotten, state, expires_at=1)
        assert command("start", "--rehearse", file.key).returncode == status


def test_a_file_that_nobody_has_is_started_again_at_once(command: Command, upload):
    upload("any.csv")
    assert command("restart", "incoming/any.csv").returncode == 0


def test_the_lock_of_an_execution_that_has_ended_is_cleared(command: Command, upload, client, lock):
    dead = upload("fails.csv")
    lock(dead, command("start", "--wait", "incoming/fails.csv").stdout.splitlines()[0], "held")
    done = command("restart", "incoming/fails.csv")
    assert done.returncode == 0, done.stderr
    assert not locked(client, dead)


def test_an_owner_that_nobody_knows_any_more_has_ended(command: Command, upload, client, lock):
    forgotten = upload("any.csv")
    lock(forgotten, f"{NAMES.state_machine_arn.replace('stateMachine', 'execution')}:forgotten", "held")
    assert command("restart", "incoming/any.csv").returncode == 0
    assert not locked(client, forgotten)


def test_a_file_that_is_being_processed_or_is_done_is_not_started_again(command: Command, upload, client, lock):
    running, done = upload("waits.csv"), upload("any.csv")
    lock(running, command("start", "incoming/waits.csv").stdout.strip(), "held")
    lock(done, command("start", "--wait", "incoming/any.csv").stdout.splitlines()[0], "done")
    before = executions(client)
    for file, says, rehearsed in ((running, "still runs", ()), (done, "has completed", ("--rehearse",))):
        refused = command("restart", *rehearsed, file.key)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert says in refused.stderr
        assert locked(client, file)
    assert executions(client) == before
