"""The deployer passes on what is declared, in the API's own types, and drops nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from steps.cloudformation.declared import Clients
from steps.cloudformation.deploy import Stack, deploy
from steps.cloudformation.drift import Comparison, compare
from steps.cloudformation.errors import DeployError
from steps.cloudformation.packages import build
from tests.steps.cloudformation.conftest import WHERE

Make = Callable[[str, dict], Stack]


@pytest.fixture
def make(client: Clients, tmp_path: Path) -> Make:
    def made(kind: str, properties: dict) -> Stack:
        file = tmp_path / "template.yaml"
        file.write_text(yaml.safe_dump({"Resources": {"It": {"Type": kind, "Properties": properties}}}))
        return deploy(build(file, "nowhere"), client, **WHERE, parameters={})

    return made


TAGS = [{"Key": "team", "Value": "csv"}]
RICH = [
    ("AWS::Logs::LogGroup", {"LogGroupName": "/made/logs", "RetentionInDays": "14", "Tags": TAGS}),
    ("AWS::SecretsManager::Secret", {"Name": "made", "Description": "a secret", "SecretString": "{}", "Tags": TAGS}),
    (
        "AWS::S3::Bucket",
        {
            "BucketName": "made-bucket",
            "Tags": TAGS,
            "VersioningConfiguration": {"Status": "Suspended"},
            "LifecycleConfiguration": {
                "Rules": [{"Id": "old", "Status": "Enabled", "Prefix": "results/", "ExpirationInDays": "90"}]
            },
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
        },
    ),
    (
        "AWS::DynamoDB::Table",
        {
            "TableName": "made",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "ProvisionedThroughput": {"ReadCapacityUnits": "2", "WriteCapacityUnits": 3},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            "DeletionProtectionEnabled": "true",
            "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
            "Tags": TAGS,
        },
    ),
    (
        "AWS::IAM::Role",
        {
            "RoleName": "made",
            "Path": "/csv/",
            "Description": "a role",
            "MaxSessionDuration": "7200",
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
            "Tags": TAGS,
        },
    ),
    (
        "AWS::Events::Rule",
        {"Name": "made", "ScheduleExpression": "rate(1 day)", "State": "DISABLED", "Description": "a rule"},
    ),
    (
        "AWS::StepFunctions::StateMachine",
        {
            "StateMachineName": "made",
            "RoleArn": "arn:aws:iam::123456789012:role/trusts-states",
            "DefinitionString": '{"StartAt": "${First}", "States": {"Go": {"Type": "Succeed"}}}',
            "DefinitionSubstitutions": {"First": "Go"},
            "TracingConfiguration": {"Enabled": True},
            "Tags": TAGS,
        },
    ),
    (
        "AWS::EC2::SecurityGroup",
        {
            "GroupName": "made",
            "GroupDescription": "a group",
            "SecurityGroupIngress": [
                {"IpProtocol": "tcp", "FromPort": "80", "ToPort": 80, "CidrIp": "10.0.0.0/8", "Description": "web"},
                {"IpProtocol": "-1", "CidrIpv6": "::/0"},
            ],
            "SecurityGroupEgress": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}],
            "Tags": TAGS,
        },
    ),
]


@pytest.fixture(scope="module")
def trusting(client: Clients) -> None:
    """The role that the state machine names, which AWS wants to be there."""
    statement = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("iam").create_role(RoleName="trusts-states", AssumeRolePolicyDocument=document)


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize(("kind", "properties"), RICH, ids=[kind for kind, _ in RICH])
def test_whatever_is_declared_is_read_back(kind: str, properties: dict, make: Make, client: Clients):
    stack = make(kind, properties)
    assert compare(client, stack.declared) == [Comparison("It", kind, [], {})]


def test_a_property_that_no_api_takes_is_refused_by_name(make: Make):
    with pytest.raises(DeployError, match=r"(?s)It \(AWS::Logs::LogGroup\) was refused.*RetentionDays"):
        make("AWS::Logs::LogGroup", {"LogGroupName": "/made/misspelt", "RetentionDays": 3})


def test_a_role_that_may_not_be_assumed_is_named_as_what_has_to_be_mended(make: Make, client: Clients):
    kind, definition = "AWS::StepFunctions::StateMachine", {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    statement = {"Effect": "Deny", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    made = client("iam").create_role(RoleName="trusts-nobody", AssumeRolePolicyDocument=json.dumps(document))
    with pytest.raises(DeployError, match="mend the AssumeRolePolicyDocument of trusts-nobody"):
        make(kind, {"StateMachineName": "made", "RoleArn": made["Role"]["Arn"], "Definition": definition})


def test_a_setting_of_a_bucket_that_is_not_passed_on_is_refused_by_name(make: Make):
    with pytest.raises(DeployError, match="WebsiteConfiguration of a bucket is not among"):
        make("AWS::S3::Bucket", {"BucketName": "made-misspelt", "WebsiteConfiguration": {}})


def test_a_gap_of_the_place_is_told_with_its_reason(make: Make, client: Clients):
    kind = "AWS::Logs::LogGroup"
    stack = make(kind, {"LogGroupName": "/made/gap", "RetentionInDays": 14})
    client("logs").delete_retention_policy(logGroupName="/made/gap")
    gaps = {(kind, "RetentionInDays"): "it forgets the retention"}
    told = {"RetentionInDays": "it forgets the retention"}
    assert compare(client, stack.declared, gaps) == [Comparison("It", kind, [], told)]
