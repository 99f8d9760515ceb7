"""A VPC with an Aurora cluster in it, and functions that try to reach PostgreSQL."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local_aws import LocalAws
from tests.local_aws.conftest import REGION, Deploy
from tests.local_aws.helpers import Function, eventually, unique

PORT = 5432
CALL = """
import os, socket, struct

def call(endpoint, patience):
    '''What PostgreSQL says when it is asked for TLS: N for no; silence where it is not reached.'''
    host, _, port = endpoint.rpartition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.settimeout(patience)
        connection.sendall(struct.pack("!ii", 8, 80877103))
        try:
            return connection.recv(1).decode()
        except TimeoutError:
            return "silence"

def handler(event, context):
    return [call(event["endpoint"], event["patience"]), os.getpid()]
"""


@dataclass(frozen=True)
class Neighbourhood:
    """A VPC with two subnets, and two security groups: the cluster's admits the functions'."""

    client: Callable[[str], Any]
    vpc: str
    subnets: list[str]
    functions_group: str
    cluster_group: str
    cluster: str

    def group(self, vpc: str | None = None) -> str:
        """One more security group, that nobody knows."""
        name = unique("group")
        made = self.client("ec2").create_security_group(GroupName=name, Description=name, VpcId=vpc or self.vpc)
        return str(made["GroupId"])

    def config(self, *groups: str) -> dict[str, list[str]]:
        """The VpcConfig of a function with these groups, or the functions' own."""
        return {"SubnetIds": self.subnets, "SecurityGroupIds": list(groups) or [self.functions_group]}

    def admit(self, **source: Any) -> None:
        """Opens the cluster's port to `UserIdGroupPairs` or `IpRanges`."""
        self.client("ec2").authorize_security_group_ingress(GroupId=self.cluster_group, IpPermissions=[rule(**source)])

    def admit_no_more(self, **source: Any) -> None:
        self.client("ec2").revoke_security_group_ingress(GroupId=self.cluster_group, IpPermissions=[rule(**source)])


def rule(**source: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT, **source}


def pairs(group: str) -> dict[str, Any]:
    return {"UserIdGroupPairs": [{"GroupId": group}]}


def vpc_of(client: Callable[[str], Any], network: str) -> tuple[str, list[str]]:
    """A VPC `10.{network}.0.0/16` with two subnets, .1 and .2."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock=f"10.{network}.0.0/16")["Vpc"]["VpcId"]
    zones = zip((1, 2), "ac", strict=True)
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.{network}.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for n, zone in zones
    ]
    return vpc, [each["Subnet"]["SubnetId"] for each in subnets]


@pytest.fixture
def neighbourhood(client: Callable[[str], Any]) -> Iterator[Neighbourhood]:
    vpc, subnets = vpc_of(client, "0")
    cluster = unique("cluster")
    client("rds").create_db_subnet_group(DBSubnetGroupName=cluster, DBSubnetGroupDescription="any", SubnetIds=subnets)
    bare = Neighbourhood(client, vpc, subnets, "", "", cluster)
    made = Neighbourhood(client, vpc, subnets, bare.group(), bare.group(), cluster)
    client("rds").create_db_cluster(
        DBClusterIdentifier=cluster,
        Engine="aurora-postgresql",
        MasterUsername="postgres",
        MasterUserPassword="any-password",
        DBSubnetGroupName=cluster,
        VpcSecurityGroupIds=[made.cluster_group],
    )
    made.admit(**pairs(made.functions_group))
    yield made
    client("rds").delete_db_cluster(DBClusterIdentifier=cluster, SkipFinalSnapshot=True)


@pytest.fixture
def caller(deploy: Deploy) -> Callable[..., Function]:
    """Deploys a function that calls PostgreSQL."""
    return lambda config=None: deploy(CALL, **({"VpcConfig": config} if config else {}))


@pytest.fixture
def reaches(aws: LocalAws) -> Callable[[Function], bool]:
    """Whether a function reaches PostgreSQL, which says no to TLS."""
    return lambda function: function({"endpoint": aws.aurora_endpoint, "patience": 10}).payload[0] == "N"


@pytest.fixture
def kept_away(aws: LocalAws) -> Callable[[Function], str]:
    """The reason for which a function cannot reach PostgreSQL; the function itself only sees a timeout."""

    def why(function: Function) -> str:
        answer = function({"endpoint": aws.aurora_endpoint, "patience": 0.5}).payload[0]
        assert answer == "silence"
        begin = f"{function.name} does not reach Aurora: "
        reasons = eventually(
            lambda: [line.partition(begin)[2] for line in aws.log.read_text().splitlines() if begin in line],
            f"{aws.log} to say why {function.name} does not reach Aurora",
        )
        return reasons[-1]

    return why
