"""Functions act in their role: what it lacks they are refused, at once when it is taken away, and in their logs too."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.local_aws.conftest import ACCOUNT, REGION, Deploy
from tests.local_aws.helpers import Function, eventually, policy, unique
from tests.local_aws.iam.conftest import ClientOf, Identity, allow, arn, deny, distrust, refused

READ = (
    "import boto3\n"
    "s3 = boto3.client('s3')\n"
    "def handler(event, context):\n"
    "    print('at work')\n"
    "    return s3.get_object(**event)['Body'].read().decode()\n"
)
LOGS = allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
VPC_ACTIONS = ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface")
Make = Callable[..., Identity]


@pytest.fixture
def bucket(client: ClientOf) -> str:
    name = unique("bucket")
    client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def lines(client: ClientOf, function: Function) -> list[str]:
    try:
        found = client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function.name}")["events"]
    except client("logs").exceptions.ResourceNotFoundException:
        return []
    return [event["message"] for event in found]


def test_changes_of_its_role_take_effect_at_once(
    client: ClientOf, deploy: Deploy, make_identity: Make, bucket: str
) -> None:
    put = client("s3").put_object(Bucket=bucket, Key="it", Body=b"content")
    everything = allow("s3:GetObject", "s3:GetObjectVersion", on=f"arn:aws:s3:::{bucket}/*")
    role = make_identity(LOGS, everything)
    function = deploy(READ, Role=role.arn)
    latest, versioned = {"Bucket": bucket, "Key": "it"}, {"Bucket": bucket, "Key": "it", "VersionId": put["VersionId"]}
    assert (function(latest).payload, function(versioned).payload) == ("content", "content")
    role.may(LOGS, allow("s3:GetObject", on=f"arn:aws:s3:::{bucket}/*"))
    assert function(latest).payload == "content"
    denied = function(versioned).payload
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.name}/{function.name}"
    assert denied["errorMessage"] == (
        "An error occurred (AccessDenied) when calling the GetObject operation: "
        f"User: {session} is not authorized to perform: s3:GetObjectVersion on resource: "
        f'"arn:aws:s3:::{bucket}/it" because no identity-based policy allows the s3:GetObjectVersion action'
    )
    role.may(LOGS, everything, deny("s3:*", on=f"arn:aws:s3:::{bucket}/it"))
    assert function(latest).payload["errorMessage"].endswith("with an explicit deny in an identity-based policy")
    role.may(LOGS, everything)
    assert function(versioned).payload == "content"


def test_an_attached_policy_counts_in_its_default_version(
    client: ClientOf, deploy: Deploy, make_identity: Make, bucket: str
) -> None:
    iam, role = client("iam"), make_identity(LOGS)
    client("s3").put_object(Bucket=bucket, Key="it", Body=b"content")
    function, event = deploy(READ, Role=role.arn), {"Bucket": bucket, "Key": "it"}
    nothing, reading = (
        f'{{"Version": "2012-10-17", "Statement": [{{"Effect": "{effect}", "Action": "s3:Get*", "Resource": "*"}}]}}'
        for effect in ("Deny", "Allow")
    )
    policy = iam.create_policy(PolicyName=unique("policy"), PolicyDocument=nothing)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role.name, PolicyArn=policy)
    assert "explicit deny" in function(event).payload["errorMessage"]
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=reading, SetAsDefault=True)
    assert function(event).payload == "content"
    iam.detach_role_policy(RoleName=role.name, PolicyArn=policy)
    assert "no identity-based policy" in function(event).payload["errorMessage"]


def test_a_policy_of_aws_itself_can_be_attached_and_read_and_counts(
    client: ClientOf, deploy: Deploy, make_identity: Make, bucket: str
) -> None:
    iam, role = client("iam"), make_identity(LOGS)
    client("s3").put_object(Bucket=bucket, Key="it", Body=b"content")
    function, event = deploy(READ, Role=role.arn), {"Bucket": bucket, "Key": "it"}
    policy = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    iam.attach_role_policy(RoleName=role.name, PolicyArn=policy)
    assert function(event).payload == "content"
    version = iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=policy, VersionId=version)["PolicyVersion"]["Document"]
    assert "s3:Get*" in document["Statement"][0]["Action"]


@pytest.mark.parametrize(
    ("action", "more"), [("s3:ListBucket", {}), ("s3:ListBucketVersions", {"VersionId": "a" * 32})]
)
def test_a_missing_object_is_only_reported_to_roles_that_may_list(
    client: ClientOf, deploy: Deploy, make_identity: Make, bucket: str, action: str, more: dict[str, str]
) -> None:
    client("s3").put_object(Bucket=bucket, Key="it", Body=b"content")
    reading, listing = allow("s3:GetObject*"), allow(action, on=f"arn:aws:s3:::{bucket}")
    role = make_identity(LOGS, reading)
    function = deploy(READ, Role=role.arn)
    event = {"Bucket": bucket, "Key": "it", **more} if more else {"Bucket": bucket, "Key": "nothing"}
    hidden = function(event).payload["errorMessage"]
    assert f"(AccessDenied) when calling the GetObject operation: User: arn:aws:sts::{ACCOUNT}:assumed-role" in hidden
    assert f'is not authorized to perform: {action} on resource: "arn:aws:s3:::{bucket}"' in hidden
    role.may(LOGS, reading, listing)
    assert function(event).payload["errorType"] in ("NoSuchKey", "ClientError")
    assert "(NoSuch" in function(event).payload["errorMessage"]


def _printed(client: ClientOf, function: Function, text: str) -> bool:
    return f"{text}\n" in lines(client, function)


def test_without_leave_to_write_logs_it_works_and_writes_none(
    client: ClientOf, deploy: Deploy, make_identity: Make
) -> None:
    role = make_identity()
    function = deploy("def handler(event, context): print(event)\n", Role=role.arn)
    assert function("unheard").error is None
    witness = deploy("def handler(event, context): print(event)\n", Role=make_identity(LOGS).arn)
    for text in ("seen", "seen again"):  # lines travel in batches, one after the other: the first of them has arrived
        witness(text)
        eventually(partial(_printed, client, witness, text), "a line of the one that may")
    role.may(LOGS)
    assert function("heard").error is None
    eventually(lambda: "heard\n" in lines(client, function), "the second line")
    assert "unheard\n" not in lines(client, function)


def test_a_group_that_is_there_needs_no_leave_to_make_it(client: ClientOf, deploy: Deploy, make_identity: Make) -> None:
    role = make_identity()
    function = deploy("def handler(event, context): print('at work')\n", Role=role.arn)
    group = f"/aws/lambda/{function.name}"
    client("logs").create_log_group(logGroupName=group)
    role.may(allow("logs:CreateLogStream", "logs:PutLogEvents", on=arn("logs", f"log-group:{group}:*")))
    function()
    eventually(lambda: "at work\n" in lines(client, function), "the line")


def test_a_role_that_lambda_cannot_assume_is_refused(client: ClientOf, deploy: Deploy, make_identity: Make) -> None:
    said = "The role defined for the function cannot be assumed by Lambda."
    good, other = make_identity(LOGS), make_identity(LOGS, services=("states.amazonaws.com",))
    made = deploy("def handler(event, context): return 'done'\n", Role=good.arn)
    for role in (other.arn, f"arn:aws:iam::{ACCOUNT}:role/nobody"):
        configure = made.client.update_function_configuration
        assert refused(configure, FunctionName=made.name, Role=role) == ("InvalidParameterValueException", said, 400)
        with pytest.raises(made.client.exceptions.InvalidParameterValueException, match=said):
            deploy("", Role=role)
    assert made().payload == "done"
    distrust(good)
    assert refused(made.client.invoke, FunctionName=made.name) == ("AccessDeniedException", said, 403)
    distrust(good, trust_of("lambda.amazonaws.com", {"ArnLike": {"aws:SourceArn": made.arn}}))
    assert made().payload == "done"


def trust_of(service: str, condition: dict[str, Any]) -> str:
    principal = {"Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return policy({"Effect": "Allow", **principal, "Condition": condition})


@pytest.mark.parametrize("lacking", VPC_ACTIONS)
def test_a_function_in_a_vpc_needs_a_role_that_makes_interfaces(
    client: ClientOf, deploy: Deploy, make_identity: Make, lacking: str
) -> None:
    (subnet, *_) = client("ec2").describe_subnets()["Subnets"]
    inside = {"SubnetIds": [subnet["SubnetId"]], "SecurityGroupIds": []}
    role = make_identity(allow(*(f"ec2:{action}" for action in VPC_ACTIONS if action != lacking)))
    said = f"The provided execution role does not have permissions to call {lacking} on EC2"
    with pytest.raises(client("lambda").exceptions.InvalidParameterValueException, match=said):
        deploy("", Role=role.arn, VpcConfig=inside)
    role.may(allow("ec2:*NetworkInterface*"))
    deploy("def handler(event, context): pass\n", Role=role.arn, VpcConfig=inside)
