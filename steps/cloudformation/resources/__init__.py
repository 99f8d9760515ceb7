"""One function per CloudFormation type, which creates the resource by API and returns its Ref and attributes."""

from __future__ import annotations

from collections.abc import Callable

from steps.cloudformation.declared import Clients, Properties
from steps.cloudformation.resources import compute, database, network, stores
from steps.cloudformation.resources.api import Made

__all__ = ["MAKERS", "Made"]

MAKERS: dict[str, Callable[[Clients, Properties], Made]] = {
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
