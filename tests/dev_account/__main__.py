"""`python -m tests.dev_account`: serve the dev account as its Terraform made it, with the pipeline's stack deployed.

Prints the variables to reach it, as `python -m steps.targets.stand_in` does, and runs until Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steps.cloudformation.declared import Clients
from steps.drivers.names import Names
from steps.paths import ROOT
from steps.targets.stand_in import serve
from steps.targets.system import SystemUnderTest

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Account(SystemUnderTest):
    """The bundled pipeline, laid over the resources and the tables of this folder."""

    folder: Path = ROOT / "system_under_test"

    @property
    def data_template(self) -> Path:
        return HERE / "data.yaml"

    @property
    def sql(self) -> list[Path]:
        return [HERE, *super().sql]


def complete(client: Clients, names: Names) -> None:
    """Add what the suite's deployer does not know, but for Intelligent-Tiering, which moto does not."""
    _bucket(client("s3"), names.bucket)
    _network(client("ec2"))
    for table in names.tables:
        client("dynamodb").update_table(TableName=table, SSESpecification={"Enabled": True})
    group = f"{names.project}-aurora-cluster-pg-{names.environment}"
    client("rds").create_db_cluster_parameter_group(
        DBClusterParameterGroupName=group, DBParameterGroupFamily="aurora-postgresql17", Description="Terraform's"
    )
    client("rds").modify_db_cluster(DBClusterIdentifier=names.cluster, DBClusterParameterGroupName=group)


def _bucket(s3: Any, bucket: str) -> None:
    def expiring(name: str, prefix: str, days: int) -> dict[str, Any]:
        return {"ID": name, "Status": "Enabled", "Filter": {"Prefix": prefix}, "Expiration": {"Days": days}}

    abort = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
    rules = [
        expiring("all", "", 30),
        expiring("processed", "input/processed/", 7),
        expiring("failed", "input/failed/", 30),
    ]
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={
            "Rules": [*rules, {"ID": "abort", "Status": "Enabled", "Filter": {"Prefix": ""}, **abort}]
        },
    )
    encryption = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [encryption]})
    arns = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    statements = [
        {
            "Sid": "DenyInsecureTransport",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": arns,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Sid": "AllowServices",
            "Effect": "Allow",
            "Principal": {"Service": ["states.amazonaws.com", "lambda.amazonaws.com"]},
            "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
            "Resource": arns,
        },
    ]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    allowed = {"AllowedMethods": ["GET", "PUT", "POST"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [allowed]})


def _network(ec2: Any) -> None:
    """Give the private subnets a route to the internet by a NAT gateway in the public subnet."""

    def subnet(cidr: str) -> dict[str, Any]:
        (found,) = ec2.describe_subnets(Filters=[{"Name": "cidr-block", "Values": [cidr]}])["Subnets"]
        return dict(found)

    public, private = subnet("10.0.1.128/26"), subnet("10.0.1.0/26")
    everywhere, vpc = {"DestinationCidrBlock": "0.0.0.0/0"}, public["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=public["SubnetId"])
    ec2.create_route(RouteTableId=table, GatewayId=gateway, **everywhere)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=public["SubnetId"], AllocationId=address)["NatGateway"]["NatGatewayId"]
    of_private = [{"Name": "association.subnet-id", "Values": [private["SubnetId"]]}]
    (routes,) = ec2.describe_route_tables(Filters=of_private)["RouteTables"]
    ec2.create_route(RouteTableId=routes["RouteTableId"], NatGatewayId=nat, **everywhere)


if __name__ == "__main__":
    serve(Account(), rows=("schema",), complete=complete)
