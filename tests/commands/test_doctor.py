"""The connection tests: each service that does not answer is named with what to do, and the others answer beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config

from commands.doctor import SERVICES, Answer, examine
from steps.drivers.functions import Functions
from steps.drivers.names import Names
from steps.targets.environment import Environment
from tests.steps.reference import NAMES

CLIENTS = ("sts", "s3", "events", "stepfunctions", "lambda", "dynamodb", "logs", "secretsmanager", "rds", "ec2", "iam")
NOBODY = "http://127.0.0.1:9"
"""Where nobody listens: the port of discard."""
NETWORK = "look at the network, the proxy and AWS_ENDPOINT_URL"
SIGN_IN = "sign in again"
ALLOW = "have your role allowed what the message names"
DEPLOY = "deploy it, or name the right --account, --region, --project and --environment"
AGAIN = "run it again in a minute"
Examined = Callable[..., dict[str, Answer]]


session = cache(boto3.Session)
"""One for the same keys and region: it reads what it knows of a service once."""


def keys_of(environment: Environment) -> tuple[str, str]:
    """The root user's."""
    return environment.exports["AWS_ACCESS_KEY_ID"], environment.exports["AWS_SECRET_ACCESS_KEY"]


@pytest.fixture
def examined(environment: Environment) -> Examined:
    """The answers by service; services among `closed` are not there, and `keys` are those of another caller."""

    def run(
        *closed: str,
        names: Names = NAMES,
        url: str = environment.database_url,
        keys: tuple[str, str] = keys_of(environment),
        region: str = NAMES.region,
    ) -> dict[str, Answer]:
        make: Any = session(*keys, region_name=region).client
        config = Config(retries={"total_max_attempts": 1}, proxies={})
        aws = environment.exports["AWS_ENDPOINT_URL"]
        where = {service: NOBODY if service in closed else aws for service in CLIENTS}
        clients = {service: make(service, endpoint_url=there, config=config) for service, there in where.items()}
        return {answer.service: answer for answer in examine(clients.__getitem__, names, url)}

    return run


def test_an_answer_is_quoted_and_its_remedy_is_not():
    answer = Answer("S3", False, "AccessDenied: \x1b[2J\nok  IAM   well\n                     remedy: none", "sign in")
    first, *quoted, remedy = str(answer).splitlines()
    assert first == r"NO  S3               AccessDenied: \u001b[2J"
    assert [line.split()[0] for line in quoted] == ["|", "|"]
    assert remedy.split() == ["remedy:", "sign", "in"]


def failed(answers: dict[str, Answer]) -> dict[str, str]:
    """The remedy of each service that has not answered well."""
    return {service: answer.remedy for service, answer in answers.items() if answer.well is False}


def test_every_service_reports_what_it_found(examined: Examined):
    answers = examined()
    assert (list(answers), failed(answers)) == (list(SERVICES), {})
    assert answers["S3"].said.startswith(NAMES.bucket)
    assert answers["DynamoDB"].said == ", ".join(NAMES.tables)
    assert answers["PostgreSQL"].said.startswith("PostgreSQL 16.")


@pytest.mark.parametrize(
    ("closed", "named"),
    [
        (("sts", "events", "dynamodb", "rds", "iam"), {"STS", "EventBridge", "DynamoDB", "RDS", "IAM"}),
        (("s3", "stepfunctions", "logs", "ec2"), {"S3", "Step Functions", "CloudWatch Logs", "EC2"}),
        # Which secret it is, the functions are told; and the secret holds the password of the database.
        (("lambda",), {"Lambda", "Secrets Manager", "PostgreSQL"}),
        (("secretsmanager",), {"Secrets Manager", "PostgreSQL"}),
    ],
)
def test_services_out_of_reach_are_named_and_no_others(examined: Examined, closed: tuple[str], named: set[str]):
    assert failed(examined(*closed)) == dict.fromkeys(named, NETWORK)


def test_a_user_without_permissions_is_told_which_to_ask_for(environment: Environment, examined: Examined):
    iam = environment.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    answers = examined(keys=(key["AccessKeyId"], key["SecretAccessKey"]))
    remedies = failed(answers)
    assert set(remedies) == set(SERVICES) - {"STS"}
    assert all(remedy.startswith(ALLOW) for remedy in remedies.values()), remedies
    assert "is not authorized to perform: dynamodb:DescribeTable" in answers["DynamoDB"].said


def test_missing_resources_are_named(examined: Examined):
    remedies = failed(examined(names=Names(NAMES.account, environment="other")))
    assert remedies == dict.fromkeys(set(SERVICES) - {"STS", "EC2"}, DEPLOY)


@pytest.mark.parametrize(
    ("refused", "said", "remedy"),
    [
        ("ExpiredToken", "ExpiredToken: ", SIGN_IN),
        ("InvalidClientTokenId", "InvalidClientTokenId: ", SIGN_IN),
        ("", f"is of account {NAMES.account}, not 210987654321", "sign in to 210987654321"),
    ],
)
def test_a_caller_who_is_not_the_one_that_is_meant_is_the_only_cause(
    environment: Environment, examined: Examined, refused: str, said: str, remedy: str
):
    faults = environment.faults
    assert faults is not None
    if refused:
        faults.refuse("STS", "^- sts POST", refused)
    try:
        answers = examined(names=NAMES if refused else Names("210987654321"))
    finally:
        faults.clear()
    assert list(answers) == list(SERVICES)
    assert failed(answers).keys() == {"STS"}
    assert said in answers["STS"].said
    assert answers["STS"].remedy.startswith(remedy)
    others = {str(answer)[:4] + answer.said for answer in answers.values() if answer.service != "STS"}
    assert others == {"-   not tested, because of STS"}


def test_without_an_account_the_callers_is_taken(examined: Examined):
    answers = examined(names=Names(""))
    assert failed(answers) == {}
    assert answers["S3"].said == NAMES.bucket
    silent = examined("sts", names=Names(""))
    assert (failed(silent), silent["S3"].well) == ({"STS": NETWORK}, None)


REFUSALS = {
    AGAIN: {
        "DynamoDB": ("dynamodb DescribeTable", "ThrottlingException"),
        "EC2": ("ec2 POST", "RequestLimitExceeded"),
        "EventBridge": ("events DescribeRule", "InternalFailure"),
    },
    SIGN_IN: {
        "DynamoDB": ("dynamodb DescribeTable", "ExpiredTokenException"),
        "IAM": ("iam POST", "InvalidClientTokenId"),
        "Step Functions": ("states DescribeStateMachine", "UnrecognizedClientException"),
        "CloudWatch Logs": ("logs DescribeLogStreams", "InvalidSignatureException"),
        "EC2": ("ec2 POST", "AuthFailure"),
    },
    ALLOW: {"EC2": ("ec2 POST", "UnauthorizedOperation")},
}


@pytest.mark.parametrize(("remedy", "refusals"), REFUSALS.items())
def test_a_refusal_has_a_remedy_by_its_code(environment: Environment, examined: Examined, remedy: str, refusals: dict):
    faults = environment.faults
    assert faults is not None
    for service, (call, code) in refusals.items():
        faults.refuse(service, f"^- {call}", code)
    try:
        answers = examined()
    finally:
        faults.clear()
    assert failed(answers).keys() == refusals.keys()
    for service, (_, code) in refusals.items():
        assert answers[service].said.startswith(f"{code}: ")
        assert answers[service].remedy.startswith(remedy)


@contextmanager
def secret(environment: Environment, text: str) -> Iterator[None]:
    """The secret holds this text within the block."""
    secrets, id = environment.client("secretsmanager"), environment.secret_arn
    before = secrets.get_secret_value(SecretId=id)["SecretString"]
    secrets.put_secret_value(SecretId=id, SecretString=text)
    try:
        yield
    finally:
        secrets.put_secret_value(SecretId=id, SecretString=before)


@pytest.mark.parametrize(
    ("text", "said", "remedy"),
    [
        (
            '{"username": "postgres", "password": "another"}',
            "authentication failed",
            "have the secret and Aurora agree",
        ),
        ('{"username": "postgres"}', "holds no username and password", "put both into it"),
        ("not JSON", "holds no username and password", "put both into it"),
        ("[]", "holds no username and password", "put both into it"),
    ],
)
def test_a_secret_that_opens_nothing(environment: Environment, examined: Examined, text: str, said: str, remedy: str):
    with secret(environment, text):
        answers = examined()
    assert set(failed(answers)) == {"PostgreSQL"}
    assert said in answers["PostgreSQL"].said
    assert "another" not in str(answers["PostgreSQL"])
    assert answers["PostgreSQL"].remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("url", "said"),
    [("postgresql://127.0.0.1:9/csvbatch", "Connection refused"), ("nowhere", 'missing "=" after "nowhere"')],
)
def test_a_database_out_of_reach(examined: Examined, url: str, said: str):
    answers = examined(url=url)
    assert set(failed(answers)) == {"PostgreSQL"}
    assert said in answers["PostgreSQL"].said
    assert answers["PostgreSQL"].remedy.startswith("open a tunnel to the VPC and name it by --database-url")


def test_functions_that_are_not_told_their_secret(environment: Environment, examined: Examined):
    functions = Functions(environment.client("lambda"), NAMES.functions)
    with functions.without("AURORA_SECRET_ARN"):
        answers = examined()
    assert set(failed(answers)) == {"Secrets Manager", "PostgreSQL"}
    assert answers["Secrets Manager"].said == f"{NAMES.functions[0]} lacks AURORA_SECRET_ARN"
    assert answers["Secrets Manager"].remedy == "set it under Globals in template.yaml; deploy"


def test_a_region_without_any_network_has_none_to_tell(environment: Environment, examined: Examined):
    """Here somebody has deleted the default one."""
    make: Any = session(*keys_of(environment), region_name="us-west-2").client
    ec2 = make("ec2", endpoint_url=environment.exports["AWS_ENDPOINT_URL"])
    for subnet in ec2.describe_subnets()["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    for vpc in ec2.describe_vpcs()["Vpcs"]:
        ec2.delete_vpc(VpcId=vpc["VpcId"])
    answers = examined(region="us-west-2")
    assert (answers["EC2"].well, answers["EC2"].said) == (True, "no security groups")
