"""The embedded AWS begins when it is told to, and ends with whoever began it, leaving nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest

from local_aws import LocalAws, LocalAwsError
from local_aws.__main__ import main
from tests.local_aws.helpers import eventually, make_powerful_role, runs, zipped

ROOT = Path(__file__).parents[2]
BUSY = "import os, time\ndef handler(event, context):\n    print('pid', os.getpid())\n    time.sleep(600)\n"
OWNER = """
import json, signal, sys
from local_aws import LocalAws
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background jobs ignore
aws = LocalAws.start()
print(json.dumps([aws.pid, str(aws.folder), aws.environment]), flush=True)
sys.stdin.read()
"""


def client(environment: dict[str, str], service: str) -> Any:
    return boto3.Session(  # type: ignore[call-overload]
        environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], region_name=environment["AWS_REGION"]
    ).client(service, endpoint_url=environment["AWS_ENDPOINT_URL"])


def busy_function(environment: dict[str, str]) -> int:
    """The process id of a function in the middle of an invocation."""
    role = make_powerful_role(client(environment, "iam"))
    functions, logs = client(environment, "lambda"), client(environment, "logs")
    functions.create_function(
        FunctionName="busy",
        Runtime="python3.12",
        Role=role,
        Handler="app.handler",
        Timeout=600,
        Code={"ZipFile": zipped({"app.py": BUSY})},
    )
    functions.invoke(FunctionName="busy", InvocationType="Event")

    def pid() -> int | None:
        try:
            events = logs.filter_log_events(logGroupName="/aws/lambda/busy")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return None
        return next((int(each["message"].split()[1]) for each in events if each["message"].startswith("pid")), None)

    return int(eventually(pid, "the function to say its process id") or 0)


def is_open(environment: dict[str, str]) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((environment["PGHOST"], int(environment["PGPORT"]))) == 0


def assert_nothing_left(pids: list[int], folder: Path, environment: dict[str, str]) -> None:
    eventually(
        lambda: not any(map(runs, pids)) and not folder.exists() and not is_open(environment),
        f"processes {pids}, folder {folder} and PostgreSQL to be gone",
    )


@contextmanager
def owned() -> Iterator[tuple[subprocess.Popen[str], int, Path, dict[str, str]]]:
    """A program that has started an embedded AWS: its process, then that one's id, folder and environment."""
    program = subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with program:
        assert program.stdout is not None
        pid, folder, environment = json.loads(program.stdout.readline())
        yield program, pid, Path(folder), environment


OTHERS = {
    "AWS_PROFILE": "no-such-profile",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "PGHOSTADDR": "127.0.0.2",
    "PGSERVICE": "no-such-service",
    "MOTO_ACCOUNT_ID": "999999999999",
    "INITIAL_NO_AUTH_ACTION_COUNT": "0",
    "PYTHONWARNINGS": "error",
}


def test_it_serves_aws_and_postgresql_under_its_own_settings_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')\n")
    (tmp_path / "sitecustomize.py").write_text('print(\'{"error": "said before the answer"}\')\n')
    with monkeypatch.context() as others:
        for name, value in OTHERS.items():
            others.setenv(name, value)
        others.setenv("PYTHONPATH", str(tmp_path))
        aws = LocalAws.start(account="210987654321", region="eu-west-1", database="a-b")
    with aws:
        assert client(aws.environment, "sts").get_caller_identity()["Account"] == "210987654321"
        with psycopg.connect(aws.database_url) as connection:
            assert connection.execute("select current_database()").fetchone() == ("a-b",)
        assert aws.endpoint_url.startswith("http://127.0.0.1:")
        assert aws.environment["AWS_REGION"] == "eu-west-1"
        assert aws.folder.stat().st_mode & 0o777 == 0o711
        # A state machine's own calls come back over HTTP, past profile and proxy.
        call = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:listBuckets", "End": True}
        definition = json.dumps({"StartAt": "Call", "States": {"Call": call}})
        states, role = client(aws.environment, "stepfunctions"), make_powerful_role(client(aws.environment, "iam"))
        assert role == "arn:aws:iam::210987654321:role/any"
        made = states.create_state_machine(name="any", definition=definition, roleArn=role)
        started = states.start_execution(stateMachineArn=made["stateMachineArn"])
        eventually(
            lambda: states.describe_execution(executionArn=started["executionArn"])["status"] == "SUCCEEDED",
            "the execution to succeed",
        )
        aws.check()


def test_stop_leaves_nothing_and_may_be_called_twice() -> None:
    aws = LocalAws.start()
    function = busy_function(aws.environment)
    aws.stop()
    assert not runs(aws.pid)
    assert not aws.alive()
    assert_nothing_left([function], aws.folder, aws.environment)
    aws.stop()


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_it_ends_with_its_owner(ending: signal.Signals) -> None:
    with owned() as (program, pid, folder, environment):
        function = busy_function(environment)
        program.send_signal(ending)
        program.wait()
        assert_nothing_left([pid, function], folder, environment)


def test_when_it_is_killed_nothing_is_left_and_its_owner_is_told() -> None:
    aws = LocalAws.start()
    function = busy_function(aws.environment)
    os.kill(aws.pid, signal.SIGKILL)
    assert_nothing_left([aws.pid, function], aws.folder, aws.environment)
    with pytest.raises(LocalAwsError, match=r"(?s)has ended with status -9.*local_aws\.edge: 200 .*Run it again"):
        aws.check()
    aws.stop()


def test_a_killed_server_reports_what_it_did_before_a_hundred_polls() -> None:
    with LocalAws.start() as aws:
        dynamodb, buckets = client(aws.environment, "dynamodb"), client(aws.environment, "s3")
        key = {"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "id", "KeyType": "HASH"}
        dynamodb.create_table(
            TableName="any", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[key[0]], KeySchema=[key[1]]
        )
        for _ in range(50):
            dynamodb.list_tables()
            buckets.list_buckets()
        os.kill(aws.pid, signal.SIGKILL)
        eventually(lambda: not aws.alive(), "the embedded AWS to be gone")
        with pytest.raises(LocalAwsError, match=r"(?s)CreateTable.*ListTables.*\(50 times\)") as told:
            aws.check()
        assert len(str(told.value).splitlines()) < 30


def test_it_goes_on_when_it_is_kept() -> None:
    aws = LocalAws.start()
    assert f"kill {aws.pid}" in aws.keep()
    assert client(aws.environment, "s3").list_buckets()["Buckets"] == []
    aws.stop()
    assert aws.alive()
    os.kill(aws.pid, signal.SIGTERM)
    eventually(lambda: not aws.alive(), "it to end")
    assert_nothing_left([aws.pid], aws.folder, aws.environment)


def test_two_side_by_side_do_not_meet() -> None:
    with LocalAws.start() as one, LocalAws.start() as other:
        client(one.environment, "s3").create_bucket(Bucket="only-here")
        assert client(other.environment, "s3").list_buckets()["Buckets"] == []
        assert one.database_url != other.database_url


def test_all_ports_in_use_are_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        ports = first.getsockname()[1], second.getsockname()[1]
        with pytest.raises(LocalAwsError) as caught:
            LocalAws.start(port=ports[0], database_port=ports[1])
    assert f"Port {ports[0]}" in str(caught.value)
    assert str(ports[1]) in str(caught.value)


def test_the_command_prints_exports_and_serves_until_it_is_interrupted() -> None:
    command = [sys.executable, "-m", "local_aws", "serve", "--region", "eu-west-1"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        exports = {}
        for line in program.stdout:
            if line.startswith("#"):
                break
            name, _, value = line.removeprefix("export ").strip().partition("=")
            exports[name] = value
        assert f"kill {program.pid}" in line
        assert client(exports, "s3").list_buckets()["Buckets"] == []
        with psycopg.connect(exports["DATABASE_URL"]):
            pass
        program.send_signal(signal.SIGINT)
        assert program.wait(30) == 0
    assert not is_open(exports)


TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Greeting: {Type: String}}
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: greeter
      CodeUri: src
      Handler: app.handler
      Runtime: python3.13
      Role: !GetAtt Role.Arn
      Environment: {Variables: {GREETING: !Ref Greeting}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: greeter
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
Outputs: {FunctionName: {Value: !Ref Function}}
"""


def test_the_command_deploys_a_template_and_prints_its_outputs(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("import os\ndef handler(event, context): return os.environ['GREETING']\n")
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    command = [sys.executable, "-m", "local_aws", "serve", "--template", str(tmp_path)]
    refused = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "parameters Greeting have no value" in refused.stderr
    command += ["--parameter", "Greeting=hello"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        lines = iter(program.stdout.readline, "")
        told = [next(lines)]
        while "Serving until" not in told[-1]:
            told.append(next(lines))
        exports = dict(line.removeprefix("export ").strip().split("=", 1) for line in told if line.startswith("export"))
        assert "# FunctionName = greeter\n" in told
        answer = client(exports, "lambda").invoke(FunctionName="greeter")
        assert json.loads(answer["Payload"].read()) == "hello"
        program.send_signal(signal.SIGINT)
        assert program.wait(30) == 0


def test_missing_packages_are_told_all_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = ("moto", "awslambdaric")
    monkeypatch.setattr("local_aws.wheels.find_spec", lambda name: None if name in missing else name)
    assert main(["serve"]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert "moto, which is not installed" in first
    assert "pip install 'awslambdaric'" in second
