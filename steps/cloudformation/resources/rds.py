"""Aurora's clusters, instances and subnet groups."""

from __future__ import annotations

from steps.cloudformation.declared import Clients, Declared, Properties
from steps.cloudformation.resources.api import call, get_first, pick, rename
from steps.cloudformation.resources.resource_type import Identity, ResourceType


def create_cluster(aws: Clients, p: Properties) -> Identity:
    created = call(aws("rds"), "create_db_cluster", p)["DBCluster"]
    endpoint = {"Endpoint.Address": created["Endpoint"], "Endpoint.Port": created["Port"]}
    return Identity(p["DBClusterIdentifier"], pick(created, "DBClusterArn") | endpoint)


def read_cluster(aws: Clients, declared: Declared) -> Properties:
    found = get_first(aws("rds"), "describe_db_clusters", "DBClusters", DBClusterIdentifier=declared.ref)
    return found | {
        "DBClusterParameterGroupName": found["DBClusterParameterGroup"],
        "DBSubnetGroupName": found["DBSubnetGroup"],
        "EnableCloudwatchLogsExports": found["EnabledCloudwatchLogsExports"],
        "EnableHttpEndpoint": found["HttpEndpointEnabled"],
        "EnableIAMDatabaseAuthentication": found["IAMDatabaseAuthenticationEnabled"],
        "ManageMasterUserPassword": found["MasterUserSecret"] is not None,
        "VpcSecurityGroupIds": [group["VpcSecurityGroupId"] for group in found["VpcSecurityGroups"] or ()],
        "Tags": found["TagList"],
    }


def create_instance(aws: Clients, p: Properties) -> Identity:
    arguments = rename(p, VPCSecurityGroups="VpcSecurityGroupIds")
    created = call(aws("rds"), "create_db_instance", arguments)["DBInstance"]
    return Identity(created["DBInstanceIdentifier"], pick(created, "DBInstanceArn"))


def read_instance(aws: Clients, declared: Declared) -> Properties:
    found = get_first(aws("rds"), "describe_db_instances", "DBInstances", DBInstanceIdentifier=declared.ref)
    return found | {
        "DBSubnetGroupName": (found["DBSubnetGroup"] or {}).get("DBSubnetGroupName"),
        "EnableIAMDatabaseAuthentication": found["IAMDatabaseAuthenticationEnabled"],
        "EnablePerformanceInsights": found["PerformanceInsightsEnabled"],
        "VPCSecurityGroups": [group["VpcSecurityGroupId"] for group in found["VpcSecurityGroups"] or ()],
        "Tags": found["TagList"],
    }


def create_subnet_group(aws: Clients, p: Properties) -> Identity:
    call(aws("rds"), "create_db_subnet_group", p)
    return Identity(p["DBSubnetGroupName"])


def read_subnet_group(aws: Clients, declared: Declared) -> Properties:
    rds = aws("rds")
    found = get_first(rds, "describe_db_subnet_groups", "DBSubnetGroups", DBSubnetGroupName=declared.ref)
    return found | {
        "SubnetIds": [subnet["SubnetIdentifier"] for subnet in found["Subnets"]],
        "Tags": rds.list_tags_for_resource(ResourceName=found["DBSubnetGroupArn"])["TagList"],
    }


_NO_PASSWORD = {"MasterUserPassword": "RDS never gives a password back"}
TYPES = [
    ResourceType(
        "AWS::RDS::DBCluster",
        create_cluster,
        read_cluster,
        ref="{DBClusterIdentifier}",
        attributes={
            "DBClusterArn": "arn:{partition}:rds:{region}:{account}:cluster:{DBClusterIdentifier}",
            "Endpoint.Address": "{DBClusterIdentifier}.cluster-{id}.{region}.rds.{suffix}",
            "Endpoint.Port": "{Port}",
        },
        unreadable=_NO_PASSWORD,
    ),
    ResourceType(
        "AWS::RDS::DBInstance",
        create_instance,
        read_instance,
        ref="{DBInstanceIdentifier}",
        unreadable=_NO_PASSWORD,
    ),
    ResourceType("AWS::RDS::DBSubnetGroup", create_subnet_group, read_subnet_group, ref="{DBSubnetGroupName}"),
]
