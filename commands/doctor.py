"""A connection test for each service that the pipeline uses, with a remedy for each failure."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from steps.drivers.names import Names
from steps.suite.visible_text import quoted

Clients = Callable[[str], Any]
_REFUSED = "have the secret and Aurora agree: aws rds modify-db-cluster --rotate-master-user-password"
_OUT_OF_REACH = (
    "open a tunnel to the VPC and name it by --database-url; look at cluster and security group; a cluster that is "
    "paused at 0 ACU answers half a minute after this attempt"
)
CONNECT_SECONDS = 5
SERVICES = (
    *("STS", "S3", "EventBridge", "Step Functions", "Lambda", "DynamoDB", "CloudWatch Logs"),
    *("Secrets Manager", "RDS", "EC2", "IAM", "PostgreSQL"),
)


_REMEDIES = {
    "credentials": "sign in again (aws sso login, AWS_PROFILE), and look who you are: aws sts get-caller-identity",
    "denied": "have your role allowed what the message names: docs/acceptance-policy.json is all that the suite needs",
    "absent": "deploy it, or name the right --account, --region, --project and --environment",
    "unreachable": "look at the network, the proxy and AWS_ENDPOINT_URL",
    "busy": "run it again in a minute",
}
_KINDS = (
    ("credentials", ("Expired", "InvalidClientTokenId", "UnrecognizedClient", "Signature", "AuthFailure")),
    ("credentials", ("Credential", "TokenRetrieval", "SSO", "ProfileNotFound")),
    ("denied", ("AccessDenied", "Unauthorized", "403", "Forbidden")),
    ("busy", ("Throttl", "TooManyRequests", "SlowDown", "LimitExceeded", "InternalFailure", "ServiceUnavailable")),
    ("absent", ("NotFound", "NoSuch", "404", "DoesNotExist")),
)
_MARGIN = " " * 18 + " | "


class Unusable(Exception):
    """A service responds with something unusable; the message says what is wrong, `remedy` what to do."""

    def __init__(self, said: str, remedy: str) -> None:
        super().__init__(said)
        self.remedy = remedy


@dataclass(frozen=True)
class Answer:
    """The result of one connection test; `well` is None if it was not run, `remedy` is set for a failure.

    passing: true if the failure is temporary or one of the network, and not caused by the caller's credentials.
    """

    service: str
    well: bool | None
    said: str
    remedy: str = ""
    passing: bool = False

    def __str__(self) -> str:
        mark = {True: "ok", False: "NO", None: "-"}[self.well]
        line = f"{mark:<3} {self.service:<16} {quoted(self.said, _MARGIN)}"
        return f"{line}\n{'':20} remedy: {self.remedy}" if self.well is False else line


def run_test(service: str, ask: Callable[[], str]) -> Answer:
    """Run the test `ask` and return its result or its failure."""
    try:
        return Answer(service, True, ask())
    except ClientError as refused:
        error = refused.response["Error"]
        return _failed(service, f"{error['Code']}: {error['Message']}", error["Code"])
    except BotoCoreError as broken:
        return _failed(service, str(broken), type(broken).__name__)
    except Unusable as found:
        return Answer(service, False, str(found), found.remedy)


def _failed(service: str, said: str, error: str) -> Answer:
    kind = next((kind for kind, parts in _KINDS if any(part in error for part in parts)), "unreachable")
    return Answer(service, False, said, _REMEDIES[kind], passing=kind in ("unreachable", "busy"))


def examine(
    aws: Clients, names: Names, database_url: str | None, services: Container[str] = SERVICES
) -> Iterator[Answer]:
    """Yield an answer for each of `services`, in a fixed order; the tests run concurrently.

    STS is tested first: if the caller is not authenticated or belongs to another account than `names`, everything else
    would fail for that reason and is not tested. Names without an account use the caller's account.
    `aws(service)` returns a boto3 client and must be thread-safe. `database_url` is used for Aurora if its endpoint
    cannot be reached from here.
    """
    caller: dict[str, str] = {}

    def identity() -> str:
        caller.update(get_caller(aws("sts"), names.account))
        return caller["Arn"]

    sts = run_test("STS", identity)
    names = replace(names, account=names.account or caller.get("Account", ""))
    if not (sts.well or (sts.passing and names.account)):
        yield sts
        for service in (each for each in SERVICES if each in services and each != "STS"):
            yield Answer(service, None, "not tested, because of STS")
        return
    if "STS" in services:
        yield sts
    every = [*_aws(aws, names), ("PostgreSQL", partial(_database, aws, names, database_url))]
    tests = [(service, test) for service, test in every if service in services]
    if tests:
        with ThreadPoolExecutor(len(tests)) as beside:
            yield from beside.map(lambda test: run_test(*test), tests)


def get_caller(sts: Any, account: str) -> dict[str, str]:
    """Return the caller's identity. Raises Unusable if it is not of `account`, unless that is empty."""
    caller: dict[str, str] = sts.get_caller_identity()
    if account and caller["Account"] != account:
        raise Unusable(
            f"{caller['Arn']} is of account {caller['Account']}, not {account}",
            f"sign in to {account} (AWS_PROFILE), or name the account that is meant by --account or in the settings",
        )
    return caller


def _aws(aws: Clients, names: Names) -> Iterable[tuple[str, Callable[[], str]]]:
    """(service, test) pairs; a test returns a description of what it found."""

    def bucket() -> str:
        aws("s3").head_bucket(Bucket=names.bucket)
        return names.bucket

    def tables() -> str:
        for table in names.tables:
            aws("dynamodb").describe_table(TableName=table)
        return ", ".join(names.tables)

    def functions() -> str:
        for function in names.functions:
            aws("lambda").get_function_configuration(FunctionName=function)
        return ", ".join(names.functions)

    def groups() -> str:
        named: dict[str, str] = {}
        with suppress(ClientError, BotoCoreError):  # the test of Lambda reports these
            for name in names.functions:
                told = aws("lambda").get_function_configuration(FunctionName=name).get("LoggingConfig", {})
                named |= {name: told["LogGroup"]} if "LogGroup" in told else {}
        found = replace(names, named_groups=named).log_groups
        for group in found:
            aws("logs").describe_log_streams(logGroupName=group, limit=1)
        return ", ".join(found)

    def security_groups() -> str:
        found = aws("ec2").describe_security_groups(MaxResults=5)["SecurityGroups"]
        return ", ".join(group["GroupId"] for group in found) or "no security groups"

    return [
        ("S3", bucket),
        ("EventBridge", lambda: str(aws("events").describe_rule(Name=names.rule)["Arn"])),
        ("Step Functions", lambda: str(_machine(aws, names)["stateMachineArn"])),
        ("Lambda", functions),
        ("DynamoDB", tables),
        ("CloudWatch Logs", groups),
        ("Secrets Manager", lambda: str(aws("secretsmanager").describe_secret(SecretId=_secret(aws, names))["ARN"])),
        ("RDS", lambda: str(_cluster(aws, names)["Endpoint"])),
        ("EC2", security_groups),
        ("IAM", lambda: str(aws("iam").get_role(RoleName=names.lambda_role)["Role"]["Arn"])),
    ]


def _machine(aws: Clients, names: Names) -> dict[str, Any]:
    return dict(aws("stepfunctions").describe_state_machine(stateMachineArn=names.state_machine_arn))


def _cluster(aws: Clients, names: Names) -> dict[str, Any]:
    return dict(aws("rds").describe_db_clusters(DBClusterIdentifier=names.cluster)["DBClusters"][0])


def _secret(aws: Clients, names: Names) -> str:
    """The ARN of the secret in the functions' configuration. Raises Unusable."""
    name, *_ = names.functions
    environment = aws("lambda").get_function_configuration(FunctionName=name).get("Environment", {})
    secret = environment.get("Variables", {}).get("AURORA_SECRET_ARN")
    if not secret:
        raise Unusable(f"{name} lacks AURORA_SECRET_ARN", "set it under Globals in template.yaml; deploy")
    return str(secret)


def _login(aws: Clients, names: Names) -> dict[str, Any]:
    """User and password from the secret. Raises Unusable."""
    secret = _secret(aws, names)
    held = aws("secretsmanager").get_secret_value(SecretId=secret).get("SecretString", "")
    try:
        credentials = json.loads(held)
        return {"user": credentials["username"], "password": credentials["password"]}
    except (ValueError, KeyError, TypeError):
        # The secret's content must not be shown.
        raise Unusable(f"{secret} holds no username and password in JSON", "put both into it, as RDS does") from None


def _database(aws: Clients, names: Names, url: str | None) -> str:
    """The server's version, from a login at `url` or else at the cluster's endpoint with the secret's credentials."""
    import psycopg  # imported here, so that other commands start faster

    login = _login(aws, names)
    at: dict[str, Any] = {}
    if url is None:
        cluster = _cluster(aws, names)
        at = {"host": cluster["Endpoint"], "port": cluster["Port"], "dbname": cluster.get("DatabaseName", "postgres")}
    try:
        with psycopg.connect(url or "", **at, **login, connect_timeout=CONNECT_SECONDS) as connection:
            return f"PostgreSQL {connection.info.parameter_status('server_version')} at {connection.info.host}"
    except psycopg.Error as refused:
        said = " ".join(str(refused).split())
        raise Unusable(said, _REFUSED if "password" in said else _OUT_OF_REACH) from refused
