"""Faults are really made: calls refused, answers lost, functions killed and calls held, as often as was asked."""

import json
import os
import signal
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote

import boto3
import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.conftest import REGION, Deploy
from tests.local_aws.helpers import Function, eventually, unique

Client = Callable[[str], Any]
KEEP = (
    "import boto3\n"
    "table = boto3.client('dynamodb')\n"
    "def handler(event, context):\n"
    "    table.put_item(TableName=event['table'], Item={'id': {'S': event['id']}})\n"
    "    return 'kept'\n"
)


@dataclass(frozen=True)
class Faults:
    """The embedded AWS's faults, by its HTTP interface."""

    endpoint_url: str

    def make(self, name: str, when: str, effect: str, **more: Any) -> None:
        self.ask("PUT", f"/{name}", json.dumps({"when": when, "effect": effect, **more}).encode())

    def refuse(self, name: str, when: str, code: str, status: int, **more: Any) -> None:
        self.make(name, when, "error", error={"code": code, "message": "By <a> fault.", "status": status}, **more)

    def seen(self, name: str) -> dict[str, int]:
        found: dict[str, int] = self.ask("GET", f"/{name}")
        return found

    def ask(self, method: str, name: str = "", body: bytes | None = None) -> Any:
        request = urllib.request.Request(f"{self.endpoint_url}/_faults{quote(name)}", body, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


@pytest.fixture
def faults(aws: LocalAws) -> Iterator[Faults]:
    made = Faults(aws.endpoint_url)
    yield made
    made.ask("DELETE")


@dataclass(frozen=True)
class Table:
    """A table of items that are either there or not."""

    client: Any
    name: str

    def keep(self, item: str) -> None:
        self.client.put_item(TableName=self.name, Item={"id": {"S": item}})

    def has(self, item: str) -> bool:
        return "Item" in self.client.get_item(TableName=self.name, Key={"id": {"S": item}}, ConsistentRead=True)


@pytest.fixture
def table(client: Client) -> Iterator[Table]:
    made = Table(client("dynamodb"), unique("table"))
    made.client.create_table(
        TableName=made.name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield made
    made.client.delete_table(TableName=made.name)


@pytest.fixture
def bucket(client: Client) -> str:
    name = unique("bucket")
    client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


@pytest.fixture
def keeper(deploy: Deploy, table: Table) -> Function:
    """A function that keeps an item in the table, of which it is told by name."""
    return deploy(KEEP)


def refused(call: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("service", "when", "operation", "arguments", "code", "status"),
    [
        ("dynamodb", "- dynamodb ListTables", "list_tables", {}, "ProvisionedThroughputExceededException", 400),
        ("secretsmanager", r'GetSecretValue .*"x"', "get_secret_value", {"SecretId": "x"}, "InternalServiceError", 500),
        ("stepfunctions", "states ListStateMachines", "list_state_machines", {}, "ThrottlingException", 400),
        ("s3", "s3 GET /", "list_buckets", {}, "SlowDown", 503),
        ("lambda", "lambda GET /2015-03-31/functions", "list_functions", {}, "TooManyRequestsException", 429),
        ("sts", "sts POST / .*Action=GetCallerIdentity", "get_caller_identity", {}, "Throttling", 400),
    ],
)
def test_a_call_is_refused_in_the_words_of_its_service(
    client: Client, faults: Faults, service: str, when: str, operation: str, arguments: Any, code: str, status: int
) -> None:
    faults.refuse("refused", when, code, status)
    with pytest.raises(ClientError) as caught:
        getattr(client(service), operation)(**arguments)
    error = caught.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert error["Error"]["Message"] == "By <a> fault."
    assert error["ResponseMetadata"]["RequestId"]
    assert faults.seen("refused") == {"hits": 1, "held": 0}


@pytest.mark.parametrize(("work", "done"), [("undone", False), ("done", True)])
def test_what_is_refused_was_done_or_not(table: Table, faults: Faults, work: str, done: bool) -> None:
    faults.refuse("lost", "PutItem", "InternalServerError", 500, work=work)
    assert refused(lambda: table.keep("it")) == ("InternalServerError", 500)
    assert table.has("it") is done


def test_an_invocation_goes_on_after_its_caller_was_refused(keeper: Function, table: Table, faults: Faults) -> None:
    faults.refuse("zombie", f"lambda POST .*{keeper.name}/invocations", "ServiceException", 500, work="going on")
    faults.make("last moment", f"^{keeper.name} dynamodb PutItem .*zombie", "hold")
    assert refused(lambda: keeper({"table": table.name, "id": "zombie"})) == ("ServiceException", 500)
    eventually(lambda: faults.seen("last moment")["held"] == 1, "the first invocation to come to its end")
    assert keeper({"table": table.name, "id": "retry"}).payload == "kept"
    assert not table.has("zombie")
    faults.ask("DELETE", "/last moment")
    eventually(lambda: table.has("zombie"), "the first invocation to end")


@pytest.mark.parametrize(("work", "done"), [("undone", False), ("done", True)])
def test_a_function_dies_at_a_call_that_was_done_or_not(
    keeper: Function, table: Table, faults: Faults, work: str, done: bool
) -> None:
    faults.make("dead", f"^{keeper.name} dynamodb PutItem", "crash", work=work)
    reply = keeper({"table": table.name, "id": "it"})
    assert reply.payload["errorType"] == "Runtime.ExitError"
    assert "signal: killed" in reply.payload["errorMessage"]
    assert table.has("it") is done
    assert keeper({"table": table.name, "id": "it"}).payload == "kept"


def test_a_function_dies_while_its_call_goes_on(keeper: Function, table: Table, faults: Faults) -> None:
    faults.make("dead", f"^{keeper.name} dynamodb PutItem", "crash", work="going on")
    assert keeper({"table": table.name, "id": "it"}).payload["errorType"] == "Runtime.ExitError"
    eventually(lambda: table.has("it"), "the call to go on")


def test_who_is_no_function_is_told_that_it_cannot_be_killed(table: Table, faults: Faults) -> None:
    faults.make("dead", "PutItem", "crash", work="done")
    assert refused(lambda: table.keep("it")) == ("NoFunctionToCrash", 400)
    assert not table.has("it")


def test_a_fault_of_one_caller_is_no_others(keeper: Function, table: Table, faults: Faults) -> None:
    faults.refuse("of the suite", "^- dynamodb PutItem", "InternalServerError", 500, times=None)
    assert keeper({"table": table.name, "id": "it"}).payload == "kept"
    faults.make("of the function", f"^{keeper.name} .*PutItem", "crash", times=None)
    faults.ask("DELETE", "/of the suite")
    table.keep("other")
    assert faults.seen("of the function")["hits"] == 0


def test_a_call_is_held_until_its_fault_is_removed(table: Table, faults: Faults) -> None:
    faults.make("held", "PutItem", "hold", times=2)
    with ThreadPoolExecutor() as threads:
        calls = [threads.submit(table.keep, item) for item in "ab"]
        eventually(lambda: faults.seen("held") == {"hits": 2, "held": 2}, "both calls to be held")
        table.keep("c")  # the fault is spent
        assert [table.has(item) for item in "abc"] == [False, False, True]
        faults.ask("DELETE", "/held")
        for call in calls:
            call.result()
    assert all(table.has(item) for item in "abc")


def test_what_a_fault_held_goes_on_when_another_takes_its_name(table: Table, faults: Faults) -> None:
    faults.make("one", "PutItem", "hold")
    with ThreadPoolExecutor() as threads:
        call = threads.submit(table.keep, "it")
        eventually(lambda: faults.seen("one")["held"] == 1, "the call to be held")
        faults.make("one", "DeleteItem", "hold")
        call.result()
    assert faults.seen("one") == {"hits": 0, "held": 0}


def test_a_fault_is_met_as_often_as_was_asked(table: Table, faults: Faults) -> None:
    faults.refuse("some", "PutItem", "InternalServerError", 500, times=7)

    def kept(number: int) -> bool:
        try:
            table.keep(str(number))
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(kept, range(60)))
    assert answers.count(False) == 7
    assert [table.has(str(number)) for number in range(60)] == answers
    assert faults.seen("some") == {"hits": 7, "held": 0}


def test_of_several_faults_the_first_is_met_until_it_is_spent(table: Table, faults: Faults) -> None:
    faults.refuse("first", "PutItem", "First", 400)
    faults.refuse("second", "PutItem", "Second", 400, times=None)
    assert [refused(lambda: table.keep("it"))[0] for _ in range(3)] == ["First", "Second", "Second"]
    assert (faults.seen("first")["hits"], faults.seen("second")["hits"]) == (1, 2)


def test_a_part_of_an_object_is_told_by_its_version_and_range(client: Client, bucket: str, faults: Faults) -> None:
    s3 = client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="in/記録 1.csv", Body=b"0123456789")["VersionId"]
    wanted = {"Bucket": bucket, "Key": "in/記録 1.csv", "VersionId": version}
    part = rf"- s3 GET /{bucket}/in/記録 1\.csv\?versionId={version}\S* bytes=2-3"
    faults.refuse("part", part, "SlowDown", 503)
    assert s3.get_object(**wanted)["Body"].read() == b"0123456789"
    assert s3.get_object(**wanted, Range="bytes=2-4")["Body"].read() == b"234"
    assert refused(lambda: s3.get_object(**wanted, Range="bytes=2-3")) == ("SlowDown", 503)


def test_an_upload_is_whole_after_it_was_looked_at(client: Client, bucket: str, faults: Faults) -> None:
    faults.refuse("lost", "PUT /.*/large.* 0123", "InternalError", 500, work="done")
    content = b"0123456789" * 100_000
    assert refused(lambda: client("s3").put_object(Bucket=bucket, Key="large", Body=content)) == ("InternalError", 500)
    assert client("s3").get_object(Bucket=bucket, Key="large")["Body"].read() == content


def test_what_aws_asks_of_itself_meets_no_fault(client: Client, deploy: Deploy, faults: Faults) -> None:
    function = deploy("def handler(event, context): print('a line')")
    faults.refuse("all", " (logs (Put|Create)|sts|lambda GET) ?", "InternalFailure", 500, times=None)
    assert function().error is None

    def lines() -> list[str]:
        try:
            found = client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function.name}")["events"]
        except client("logs").exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in found]

    eventually(lambda: "a line\n" in lines() or "a line" in lines(), "the line to be shipped")
    assert faults.seen("all")["hits"] == 0


def test_a_chunk_whose_answer_is_lost_is_retried_by_the_errors_name(
    client: Client, role: str, keeper: Function, table: Table, faults: Faults
) -> None:
    statuses = {"ServiceException": 500, "AWSLambdaException": 500, "SdkClientException": 500, "Unknown": 500}
    statuses["TooManyRequestsException"] = 429
    for code, status in statuses.items():
        faults.refuse(code, f"lambda POST .*{keeper.name}/invocations .*{code}", code, status, work="done")
    errors = sorted(f"Lambda.{code}" for code in statuses)
    chunk = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": keeper.arn, "Payload": {"table": table.name, "id.$": "$"}},
        "OutputPath": "$.Payload",
        "Retry": [{"ErrorEquals": errors, "IntervalSeconds": 1, "MaxAttempts": 1}],
        "End": True,
    }
    each = {"StartAt": "Chunk", "States": {"Chunk": chunk}, "ProcessorConfig": {"Mode": "INLINE"}}
    definition = {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": each, "End": True}}}
    states = client("stepfunctions")
    made = states.create_state_machine(name=unique("machine"), definition=json.dumps(definition), roleArn=role)
    chunks = [*statuses, "whose answer arrives"]
    arn = states.start_execution(stateMachineArn=made["stateMachineArn"], input=json.dumps(chunks))["executionArn"]
    eventually(lambda: states.describe_execution(executionArn=arn)["status"] != "RUNNING", "the execution to end")
    assert json.loads(states.describe_execution(executionArn=arn)["output"]) == ["kept"] * len(chunks)
    events = states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    failures = [event["taskFailedEventDetails"] for event in events if event["type"] == "TaskFailed"]
    assert sorted(failure["error"] for failure in failures) == errors
    assert all(failure["cause"].startswith("By <a> fault. (Service: AWSLambda; Status") for failure in failures)
    assert {faults.seen(code)["hits"] for code in statuses} == {1}


def test_it_stops_while_calls_are_held() -> None:
    with LocalAws.start() as aws, ThreadPoolExecutor() as threads:
        faults = Faults(aws.endpoint_url)
        faults.make("held", "ListTables", "hold")
        dynamodb = boto3.Session(
            aws.environment["AWS_ACCESS_KEY_ID"],
            aws.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=aws.environment["AWS_REGION"],
        ).client("dynamodb", endpoint_url=aws.endpoint_url)
        call = threads.submit(dynamodb.list_tables)
        eventually(lambda: faults.seen("held")["held"] == 1, "the call to be held")
        os.kill(aws.pid, signal.SIGTERM)
        eventually(lambda: not aws.alive(), "it to end")
        assert call.exception() is not None


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (b"{", ["no JSON"]),
        (b"[]", ["it must be a JSON object"]),
        (b"{}", ["'when' must be a regular expression, and is None", "'effect' must be one of error, crash, hold"]),
        (
            b'{"when": "(", "effect": "slow", "work": "half", "times": 0, "error": {}, "other": 1}',
            ["no field 'other'", "'when' is no reg", "'effect'", "'work'", "'times' must", "'error' is for the effect"],
        ),
        (
            b'{"when": "", "effect": "error", "times": true, "error": {"code": "", "status": 200, "other": 1}}',
            [
                "'times'",
                "no field 'other'",
                "'error.code'",
                "'error.message'",
                "'error.status' must be from 400 to 599",
            ],
        ),
        (b'{"when": "", "effect": "error"}', ["'error' must be an object with code, message and status, and is None"]),
        (b'{"when": "", "effect": "hold", "work": "done"}', ["what is held is done in the end"]),
    ],
)
def test_a_malformed_fault_is_refused_with_all_that_is_wrong(faults: Faults, fault: bytes, told: list[str]) -> None:
    with pytest.raises(HTTPError) as caught:
        faults.ask("PUT", "/malformed", fault)
    assert caught.value.code == 400
    message = json.load(caught.value)["message"]
    assert [part for part in told if part not in message] == []
    assert message.count(". ") == 0


def test_faults_are_removed_one_by_one_or_all(table: Table, faults: Faults) -> None:
    for name in ("one", "other", "third"):
        faults.refuse(name, "PutItem", name, 400)
    faults.ask("DELETE", "/one")
    faults.ask("DELETE", "/one")
    with pytest.raises(HTTPError, match="404"):
        faults.seen("one")
    assert faults.seen("other") == {"hits": 0, "held": 0}
    faults.ask("DELETE")
    table.keep("it")
    for name in ("other", "third"):
        with pytest.raises(HTTPError, match="404"):
            faults.seen(name)


@pytest.mark.parametrize(("method", "name"), [("POST", "/one"), ("GET", ""), ("PUT", "")])
def test_faults_take_no_other_method(faults: Faults, method: str, name: str) -> None:
    with pytest.raises(HTTPError, match="405"):
        faults.ask(method, name, b"{}")
