"""Calls that are refused in AWS's own words, done or not, as often as was asked."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.conftest import Deploy
from tests.local_aws.faults.making import Client, Faults, Table, refused
from tests.local_aws.helpers import eventually


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


def test_a_refused_transaction_has_the_reasons_of_its_cancellation(
    client: Client, table: Table, faults: Faults
) -> None:
    reasons = [{"Code": "TransactionConflict"}]
    members, code = {"CancellationReasons": reasons}, "TransactionCanceledException"
    faults.refuse("conflict", "TransactWriteItems", code, 400, members=members)
    write = {"Put": {"TableName": table.name, "Item": {"id": {"S": "1"}}}}
    with pytest.raises(client("dynamodb").exceptions.TransactionCanceledException) as caught:
        client("dynamodb").transact_write_items(TransactItems=[write])
    assert caught.value.response["CancellationReasons"] == reasons


@pytest.mark.parametrize(("work", "done"), [("undone", False), ("done", True)])
def test_a_refused_call_was_carried_out_or_not(table: Table, faults: Faults, work: str, done: bool) -> None:
    faults.refuse("lost", "PutItem", "InternalServerError", 500, work=work)
    assert refused(lambda: table.keep("it")) == ("InternalServerError", 500)
    assert table.has("it") is done


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


def test_the_first_of_several_faults_counts_until_it_is_used_up(table: Table, faults: Faults) -> None:
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


def test_calls_between_services_meet_no_fault(client: Client, deploy: Deploy, faults: Faults) -> None:
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
