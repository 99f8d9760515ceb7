"""A role is assumed if its trust policy allows it and, within the account, the caller's own policies too."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.local_aws.conftest import ACCOUNT
from tests.local_aws.helpers import policy
from tests.local_aws.iam.conftest import ClientOf, Identity, allow, deny, distrust, refused

SESSION = {"RoleSessionName": "session"}


def trusting(principal: Any, **more: Any) -> str:
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more})


@pytest.fixture
def role(make_identity: Callable[..., Identity]) -> Identity:
    return make_identity(allow("sqs:ListQueues"))


@pytest.mark.parametrize("account", [f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT])
def test_an_account_that_is_trusted_decides_by_its_policies(
    as_user: ClientOf, user: Identity, role: Identity, account: str
) -> None:
    distrust(role, trusting({"AWS": account}))
    assume = as_user("sts").assume_role
    said = f"User: {user.arn} is not authorized to perform: sts:AssumeRole on resource: {role.arn}"
    because = " because no identity-based policy allows the sts:AssumeRole action"
    assert refused(assume, RoleArn=role.arn, **SESSION) == ("AccessDenied", said + because, 403)
    user.may(allow("sts:AssumeRole", on=role.arn))
    assert assume(RoleArn=role.arn, **SESSION)["AssumedRoleUser"]["Arn"].endswith(f"{role.name}/session")
    distrust(role)
    assert refused(assume, RoleArn=role.arn, **SESSION) == ("AccessDenied", said, 403)
    nobody = f"{role.arn}-gone"
    assert refused(assume, RoleArn=nobody, **SESSION)[0] == "AccessDenied"


def test_a_user_who_is_trusted_by_name_needs_no_policy(as_user: ClientOf, user: Identity, role: Identity) -> None:
    assume = as_user("sts").assume_role
    distrust(role, trusting({"AWS": [user.arn]}))
    assert assume(RoleArn=role.arn, **SESSION)["Credentials"]
    user.may(deny("sts:*"))
    assert "with an explicit deny" in refused(assume, RoleArn=role.arn, **SESSION)[1]


def test_conditions_of_a_trust_policy_hold(as_user: ClientOf, user: Identity, role: Identity) -> None:
    assume = as_user("sts").assume_role
    distrust(role, trusting({"AWS": user.arn}, Condition={"StringEquals": {"sts:ExternalId": "secret"}}))
    assert refused(assume, RoleArn=role.arn, **SESSION)[0] == "AccessDenied"
    assert assume(RoleArn=role.arn, ExternalId="secret", **SESSION)["Credentials"]


def test_a_session_acts_in_its_role(
    as_user: ClientOf, user: Identity, role: Identity, client_with: Callable[..., ClientOf]
) -> None:
    distrust(role, trusting("*"))
    keys = as_user("sts").assume_role(RoleArn=role.arn, **SESSION)["Credentials"]
    session = client_with(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    assert session("sqs").list_queues(QueueNamePrefix="of-nobody")["ResponseMetadata"]["HTTPStatusCode"] == 200
    _, message, _ = refused(session("sns").list_topics)
    assert message.startswith(f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{role.name}/session is not authorized")


def test_a_group_of_the_user_counts(client: ClientOf, as_user: ClientOf, user: Identity) -> None:
    iam, group = client("iam"), f"group-of-{user.name}"
    iam.create_group(GroupName=group)
    iam.put_group_policy(GroupName=group, PolicyName="own", PolicyDocument=policy(allow("sqs:ListQueues")))
    assert refused(as_user("sqs").list_queues)[0].startswith("AccessDenied")
    iam.add_user_to_group(GroupName=group, UserName=user.name)
    as_user("sqs").list_queues()
    iam.remove_user_from_group(GroupName=group, UserName=user.name)
    assert refused(as_user("sqs").list_queues)[0].startswith("AccessDenied")


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"StringEquals": {"s3:prefix": "in/"}}, True),
        ({"StringLike": {"s3:prefix": "out/*"}}, False),
        ({"StringEquals": {"aws:RequestedRegion": "ap-northeast-1"}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/people/*"}}, True),
        ({"StringLike": {"aws:username": "user-*"}}, True),
        ({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"NumericLessThan": {"s3:max-keys": "10"}}, True),
        ({"Null": {"aws:MultiFactorAuthAge": "false"}}, False),
    ],
)
def test_conditions_on_a_requests_context(
    as_user: ClientOf, user: Identity, condition: dict[str, Any], allowed: bool
) -> None:
    user.may(allow("s3:ListBucket", Condition=condition))
    code, _, _ = refused(as_user("s3").list_objects_v2, Bucket="no-such-bucket", Prefix="in/", MaxKeys=5)
    assert (code == "NoSuchBucket") is allowed, json.dumps(condition)
