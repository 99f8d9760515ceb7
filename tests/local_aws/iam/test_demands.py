"""Requests that need more than one action, or whose resource is not what they name."""

from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.local_aws.conftest import ACCOUNT, REGION
from tests.local_aws.helpers import unique
from tests.local_aws.iam.conftest import ClientOf, Identity, allow, arn, not_allowed, refused

IN = {"Bucket": "a-bucket", "Key": "in/a.csv"}
TABLE, MACHINE = arn("dynamodb", "table/t"), arn("states", "stateMachine:m")
ITEM = {"TableName": "t", "Key": {"id": {"S": "1"}}}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
CODE = {"Runtime": "python3.13", "Handler": "a.b", "Role": ROLE, "Code": {"ZipFile": b""}}


@pytest.fixture
def secret(client: ClientOf) -> Iterator[dict[str, str]]:
    name = unique("secret")
    made = client("secretsmanager").create_secret(Name=name, SecretString="x")
    yield {"name": name, "arn": made["ARN"], "partial": made["ARN"].rpartition("-")[0]}
    client("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


@pytest.mark.parametrize("asked_by", ["name", "arn", "partial"])
def test_a_secret_is_judged_by_its_full_arn(
    as_user: ClientOf, user: Identity, secret: dict[str, str], asked_by: str
) -> None:
    manager = as_user("secretsmanager")
    user.may(allow("secretsmanager:GetSecretValue", on=secret["partial"]))
    assert refused(manager.get_secret_value, SecretId=secret[asked_by])[0] == "AccessDeniedException"
    user.may(allow("secretsmanager:GetSecretValue", on=secret["arn"]))
    assert manager.get_secret_value(SecretId=secret[asked_by])["SecretString"] == "x"


def test_a_role_is_judged_by_its_arn_with_its_path(client: ClientOf, as_user: ClientOf, user: Identity) -> None:
    name = unique("role")
    role = client("iam").create_role(RoleName=name, Path="/team/", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    user.may(allow("iam:GetRole", on=f"arn:aws:iam::{ACCOUNT}:role/team/*"))
    assert as_user("iam").get_role(RoleName=name)["Role"]["Arn"] == role


def test_every_part_of_a_transaction_is_judged(as_user: ClientOf, user: Identity) -> None:
    user.may(allow("dynamodb:PutItem", on=TABLE))
    put, check = {"TableName": "t", "Item": ITEM["Key"]}, {**ITEM, "ConditionExpression": "attribute_exists(id)"}
    write = as_user("dynamodb").transact_write_items
    code, message, _ = refused(write, TransactItems=[{"Put": put}, {"ConditionCheck": check}])
    assert (code, message) == ("AccessDeniedException", not_allowed(user, "dynamodb:ConditionCheckItem", TABLE))


@pytest.mark.parametrize(("version", "action"), [("", "s3:GetObject"), ("?versionId=v", "s3:GetObjectVersion")])
def test_a_copy_reads_its_source(as_user: ClientOf, user: Identity, version: str, action: str) -> None:
    user.may(allow("s3:PutObject"))
    _, message, _ = refused(as_user("s3").copy_object, **IN, CopySource=f"other/in it{version}")
    assert message == not_allowed(user, action, '"arn:aws:s3:::other/in it"')


@pytest.mark.parametrize(("more", "action"), [({"Tagging": "a=b"}, "Tagging"), ({"ACL": "private"}, "Acl")])
def test_an_upload_with_tags_or_an_acl_needs_more(
    as_user: ClientOf, user: Identity, more: dict[str, str], action: str
) -> None:
    user.may(allow("s3:PutObject"))
    assert f"s3:PutObject{action}" in refused(as_user("s3").put_object, **IN, **more)[1]


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("lambda", "create_function", {"FunctionName": "f", **CODE}),
        ("stepfunctions", "create_state_machine", {"name": "m", "definition": "{}", "roleArn": ROLE}),
        ("events", "put_targets", {"Rule": "r", "Targets": [{"Id": "1", "Arn": MACHINE, "RoleArn": ROLE}]}),
    ],
)
def test_passing_a_role_needs_a_permission(
    as_user: ClientOf, user: Identity, service: str, operation: str, arguments: Any
) -> None:
    to_another = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    user.may(allow("lambda:*", "states:*", "events:*"), allow("iam:PassRole", Condition=to_another))
    assert not_allowed(user, "iam:PassRole", ROLE) == refused(getattr(as_user(service), operation), **arguments)[1]


def test_a_presigned_request_is_its_signers(client: ClientOf, as_user: ClientOf, user: Identity) -> None:
    bucket = unique("bucket")
    client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3").put_object(Bucket=bucket, Key="it", Body=b"content")
    link = as_user("s3").generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "it"})
    with pytest.raises(HTTPError, match="403"):
        urlopen(link)
    user.may(allow("s3:GetObject"))
    with urlopen(link) as answer:
        assert answer.read() == b"content"
