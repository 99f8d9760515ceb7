"""Reads a deployed resource back, with CloudFormation's property names."""

from __future__ import annotations

import re
from collections.abc import Callable

from botocore.exceptions import ClientError

from steps.cloudformation.declared import Clients, Declared, Properties, has_unknown
from steps.cloudformation.reading import compute, database, network, stores

_NOT_THERE = re.compile("NotFound|NoSuchEntity|NoSuchBucket|DoesNotExist|Malformed")
_BY_PROPERTIES = (
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SubnetRouteTableAssociation",
)


def deployed(aws: Clients, declared: Declared) -> Properties | None:
    """Return the deployed properties of the resource `declared`; None if it does not exist.

    A property with the value None is not set; an absent property is one that AWS does not return.
    Raises KeyError for a type without a reader, ClientError if AWS refuses the request.
    """
    if has_unknown(declared.ref) and declared.kind not in _BY_PROPERTIES:
        return None
    try:
        return READERS[declared.kind](aws, declared)
    except ClientError as error:
        if _NOT_THERE.search(error.response["Error"]["Code"]):
            return None
        raise


READERS: dict[str, Callable[[Clients, Declared], Properties | None]] = {
    "AWS::DynamoDB::Table": stores.table,
    "AWS::EC2::RouteTable": network.route_table,
    "AWS::EC2::SecurityGroup": network.security_group,
    "AWS::EC2::SecurityGroupEgress": network.security_group_rule("egress"),
    "AWS::EC2::SecurityGroupIngress": network.security_group_rule("ingress"),
    "AWS::EC2::Subnet": network.subnet,
    "AWS::EC2::SubnetRouteTableAssociation": network.route_association,
    "AWS::EC2::VPC": network.vpc,
    "AWS::EC2::VPCEndpoint": network.endpoint,
    "AWS::Events::Rule": compute.rule,
    "AWS::IAM::Role": compute.role,
    "AWS::Lambda::Function": compute.function,
    "AWS::Lambda::LayerVersion": compute.layer,
    "AWS::Logs::LogGroup": stores.log_group,
    "AWS::RDS::DBCluster": database.cluster,
    "AWS::RDS::DBInstance": database.instance,
    "AWS::RDS::DBSubnetGroup": database.subnet_group,
    "AWS::S3::Bucket": stores.bucket,
    "AWS::SecretsManager::Secret": stores.secret,
    "AWS::StepFunctions::StateMachine": compute.state_machine,
}
