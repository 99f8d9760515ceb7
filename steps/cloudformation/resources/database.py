"""Creates Aurora's subnet group, cluster and instances."""

from __future__ import annotations

from steps.cloudformation.declared import Clients, Properties
from steps.cloudformation.resources.api import Made, call, without


def subnet_group(aws: Clients, p: Properties) -> Made:
    call(aws("rds"), "create_db_subnet_group", p)
    return Made(p["DBSubnetGroupName"])


def cluster(aws: Clients, p: Properties) -> Made:
    made = call(aws("rds"), "create_db_cluster", p)["DBCluster"]
    attributes = {
        "Endpoint.Address": made["Endpoint"],
        "Endpoint.Port": made["Port"],
        "DBClusterArn": made["DBClusterArn"],
    }
    return Made(p["DBClusterIdentifier"], attributes)


def instance(aws: Clients, p: Properties) -> Made:
    renamed = {"VpcSecurityGroupIds": p["VPCSecurityGroups"]} if "VPCSecurityGroups" in p else {}
    made = call(aws("rds"), "create_db_instance", without(p, "VPCSecurityGroups") | renamed)["DBInstance"]
    return Made(made["DBInstanceIdentifier"], {"DBInstanceArn": made["DBInstanceArn"]})
