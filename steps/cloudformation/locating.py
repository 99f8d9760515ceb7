"""Finds the ids that AWS has assigned to deployed resources, by their declared properties."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from steps.cloudformation.declared import Clients, Properties, has_unknown
from steps.cloudformation.reading.api import every


def located(aws: Clients, kind: str, properties: Properties) -> str | None:
    """The Ref of the only resource of that `kind` with these names, tags and addresses; None if there is none.

    For a layer, its latest version. None as well if several resources match.
    """
    if kind == "AWS::Lambda::LayerVersion":
        versions = every(aws("lambda"), "list_layer_versions", "LayerVersions", LayerName=properties["LayerName"])
        return max(versions, key=lambda version: int(version["Version"]))["LayerVersionArn"] if versions else None
    if kind == "AWS::SecretsManager::Secret":
        return _secret(aws, properties["Name"])
    if kind not in _IN_EC2:
        return None
    operation, key, id, filters = _IN_EC2[kind]
    found = every(aws("ec2"), operation, key, Filters=_filters(filters, properties))
    return str(found[0][id]) if len(found) == 1 else None


def _secret(aws: Clients, name: str) -> str | None:
    try:
        return str(aws("secretsmanager").describe_secret(SecretId=name)["ARN"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise


def _filters(names: dict[str, str], properties: Properties) -> list[dict[str, Any]]:
    wanted = {name: properties[property] for property, name in names.items() if property in properties}
    wanted |= {f"tag:{tag['Key']}": tag["Value"] for tag in properties.get("Tags", [])}
    return [{"Name": name, "Values": [value]} for name, value in wanted.items() if not has_unknown(value)]


_IN_EC2: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "AWS::EC2::RouteTable": ("describe_route_tables", "RouteTables", "RouteTableId", {"VpcId": "vpc-id"}),
    "AWS::EC2::SecurityGroup": (
        "describe_security_groups",
        "SecurityGroups",
        "GroupId",
        {"VpcId": "vpc-id", "GroupName": "group-name"},
    ),
    "AWS::EC2::Subnet": ("describe_subnets", "Subnets", "SubnetId", {"VpcId": "vpc-id", "CidrBlock": "cidr-block"}),
    "AWS::EC2::VPC": ("describe_vpcs", "Vpcs", "VpcId", {"CidrBlock": "cidr"}),
    "AWS::EC2::VPCEndpoint": (
        "describe_vpc_endpoints",
        "VpcEndpoints",
        "VpcEndpointId",
        {"VpcId": "vpc-id", "ServiceName": "service-name"},
    ),
}
"""Type -> describe operation, its result list, the id's name, and the filter for each identifying property."""
