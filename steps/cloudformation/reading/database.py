"""Reads Aurora's subnet group, cluster and instances."""

from __future__ import annotations

from steps.cloudformation.declared import Clients, Declared, Properties
from steps.cloudformation.reading.api import only


def subnet_group(aws: Clients, declared: Declared) -> Properties:
    rds = aws("rds")
    found = only(rds, "describe_db_subnet_groups", "DBSubnetGroups", DBSubnetGroupName=declared.ref)
    return found | {
        "SubnetIds": [subnet["SubnetIdentifier"] for subnet in found["Subnets"]],
        "Tags": rds.list_tags_for_resource(ResourceName=found["DBSubnetGroupArn"])["TagList"],
    }


def cluster(aws: Clients, declared: Declared) -> Properties:
    found = only(aws("rds"), "describe_db_clusters", "DBClusters", DBClusterIdentifier=declared.ref)
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


def instance(aws: Clients, declared: Declared) -> Properties:
    found = only(aws("rds"), "describe_db_instances", "DBInstances", DBInstanceIdentifier=declared.ref)
    return found | {
        "DBSubnetGroupName": (found["DBSubnetGroup"] or {}).get("DBSubnetGroupName"),
        "EnableIAMDatabaseAuthentication": found["IAMDatabaseAuthenticationEnabled"],
        "EnablePerformanceInsights": found["PerformanceInsightsEnabled"],
        "VPCSecurityGroups": [group["VpcSecurityGroupId"] for group in found["VpcSecurityGroups"] or ()],
        "Tags": found["TagList"],
    }
