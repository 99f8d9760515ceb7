"""Users and roles with no more than they are given."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.conftest import ACCOUNT, REGION
from tests.local_aws.helpers import SERVICES, make_role, policy, unique

ClientOf = Callable[[str], Any]
Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Identity:
    """A user or role whose inline policy the tests change."""

    iam: Any
    kind: str
    name: str
    arn: str

    def may(self, *statements: Statement) -> None:
        """Allows it what the statements do, and nothing else from now on."""
        put = getattr(self.iam, f"put_{self.kind}_policy")
        document = policy(*statements)
        put(**{f"{self.kind.title()}Name": self.name}, PolicyName="own", PolicyDocument=document)


def allow(*actions: str, on: str | list[str] = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def deny(*actions: str, on: str | list[str] = "*", **more: Any) -> Statement:
    return {**allow(*actions, on=on, **more), "Effect": "Deny"}


def not_allowed(identity: Identity, action: str, resource: str) -> str:
    """The refusal of a user whom no policy allows an action."""
    because = f"because no identity-based policy allows the {action} action"
    return f"User: {identity.arn} is not authorized to perform: {action} on resource: {resource} {because}"


def refused(call: Callable[..., Any], **arguments: Any) -> tuple[str, str, int]:
    """Code, message and HTTP status of the error that a call meets."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture(scope="session")
def client_with(aws: LocalAws) -> Callable[..., ClientOf]:
    """Clients with the keys of somebody else than the root user."""
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)

    def keys(key: str, secret: str, token: str | None = None) -> ClientOf:
        session = boto3.Session(key, secret, token, region_name=REGION)
        return cache(lambda service: session.client(service, endpoint_url=aws.endpoint_url, config=config))

    return keys


@pytest.fixture(scope="module")
def _user(client: ClientOf) -> Identity:
    made = client("iam").create_user(UserName=unique("user"), Path="/people/")["User"]
    return Identity(client("iam"), "user", made["UserName"], made["Arn"])


@pytest.fixture
def user(_user: Identity) -> Identity:
    """A user who may do nothing yet."""
    _user.may()
    return _user


@pytest.fixture(scope="module")
def as_user(client: ClientOf, client_with: Callable[..., ClientOf], _user: Identity) -> ClientOf:
    key = client("iam").create_access_key(UserName=_user.name)["AccessKey"]
    return client_with(key["AccessKeyId"], key["SecretAccessKey"])


@pytest.fixture
def make_identity(client: ClientOf) -> Callable[..., Identity]:
    """Makes a role that services may assume, and that allows what the statements do."""

    def made(*statements: Statement, services: tuple[str, ...] = SERVICES) -> Identity:
        name = unique("role")
        return Identity(client("iam"), "role", name, make_role(client("iam"), name, *statements, services=services))

    return made


def distrust(role: Identity, document: str | None = None) -> None:
    """Gives a role another trust policy, by default one that trusts nobody."""
    nobody = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
    document = document or policy(nobody)
    role.iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=document)


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def one_task(function: str, **more: Any) -> str:
    """The definition of a state machine that calls a function once."""
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": function}}
    return json.dumps({"StartAt": "Call", "States": {"Call": {**task, "End": True, **more}}})
