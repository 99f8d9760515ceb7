"""Ref and Fn::GetAtt of a resource that is only declared: ARNs in AWS's formats, and placeholders for ids."""

from __future__ import annotations

from collections.abc import Callable

from steps.cloudformation.declared import Properties, unknown
from steps.cloudformation.errors import DeployError
from steps.cloudformation.resources.api import Made, given

Lookup = Callable[[str, Properties], str | None]
"""(CloudFormation type, resolved properties) -> the Ref of the existing resource, None if unknown."""


def named(name: str, kind: str, p: Properties, *, account: str, region: str, lookup: Lookup) -> Made:
    """The Ref and attributes of a resource of that `kind` with the properties `p`. Raises DeployError if unnamed."""
    if kind in _IDS:
        prefix, attributes = _IDS[kind]
        ref = lookup(kind, p) or prefix + unknown(name)
        return Made(ref, dict.fromkeys(attributes, ref) | given(p, "VpcId", "CidrBlock", "AvailabilityZone"))
    if kind not in _NAMES:
        raise DeployError(
            f"{name} is of type {kind}, whose name is not known.", remedy=f"known are: {', '.join(_NAMES | _IDS)}"
        )
    if (property := _NAMES[kind]) not in p:
        raise DeployError(f"{name} ({kind}) lacks the property '{property}'.", remedy="declare its physical name")
    physical = p[property]
    arn = _ARNS.get(kind, "").format(name=physical, account=account, region=region, path=p.get("Path", "/"))
    if kind in ("AWS::SecretsManager::Secret", "AWS::Lambda::LayerVersion"):
        return Made(lookup(kind, p) or arn + unknown(name))  # AWS appends six characters, or the version number
    if kind == "AWS::StepFunctions::StateMachine":
        return Made(arn, {"Arn": arn, "Name": physical})
    if kind == "AWS::RDS::DBCluster":
        host = f"{physical}.cluster-{unknown(name)}.{region}.rds.amazonaws.com"
        port = p.get("Port", 5432)
        return Made(physical, {"DBClusterArn": arn, "Endpoint.Address": host, "Endpoint.Port": port})
    return Made(physical, {"Arn": arn} if arn else {})


_NAMES = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::RDS::DBCluster": "DBClusterIdentifier",
    "AWS::RDS::DBInstance": "DBInstanceIdentifier",
    "AWS::RDS::DBSubnetGroup": "DBSubnetGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}
_ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::Events::Rule": "arn:aws:events:{region}:{account}:rule/{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role{path}{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Lambda::LayerVersion": "arn:aws:lambda:{region}:{account}:layer:{name}:",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    "AWS::RDS::DBCluster": "arn:aws:rds:{region}:{account}:cluster:{name}",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}-",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:{region}:{account}:stateMachine:{name}",
}
_IDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "AWS::EC2::RouteTable": ("rtb-", ("RouteTableId",)),
    "AWS::EC2::SecurityGroup": ("sg-", ("GroupId",)),
    "AWS::EC2::SecurityGroupEgress": ("sgr-", ("Id",)),
    "AWS::EC2::SecurityGroupIngress": ("sgr-", ("Id",)),
    "AWS::EC2::Subnet": ("subnet-", ("SubnetId",)),
    "AWS::EC2::SubnetRouteTableAssociation": ("rtbassoc-", ("Id",)),
    "AWS::EC2::VPC": ("vpc-", ("VpcId",)),
    "AWS::EC2::VPCEndpoint": ("vpce-", ("Id",)),
}
