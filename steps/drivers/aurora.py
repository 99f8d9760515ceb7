"""The Aurora cluster as RDS describes it, and the secret with its credentials."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steps.diagnoses.ids import Diagnosis
from steps.drivers.absence import unless_absent
from steps.explained_error import ExplainedError

if TYPE_CHECKING:
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_rds.type_defs import DBProxyTypeDef
    from mypy_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True)
class Cluster:
    """A cluster; `instances` are the instances' statuses by name, `writer` is the name of the writer instance."""

    identifier: str
    status: str
    endpoint: str
    port: int
    database: str
    security_groups: tuple[str, ...]
    subnets: tuple[str, ...]
    vpc: str
    instances: Mapping[str, str]
    writer: str | None


@dataclass(frozen=True)
class Proxy:
    """An RDS Proxy before a cluster: the ids of its security groups, subnets and VPC."""

    name: str
    security_groups: tuple[str, ...]
    subnets: tuple[str, ...]
    vpc: str


class Aurora:
    """Describes and restarts one cluster through RDS."""

    def __init__(self, rds: RDSClient, cluster: str) -> None:
        self._rds, self._cluster = rds, cluster

    def found(self) -> Cluster | None:
        """The cluster, or None if it does not exist."""
        answer = unless_absent(lambda: self._rds.describe_db_clusters(DBClusterIdentifier=self._cluster))
        if answer is None:
            return None
        (cluster,) = answer["DBClusters"]
        group = self._rds.describe_db_subnet_groups(DBSubnetGroupName=cluster["DBSubnetGroup"])["DBSubnetGroups"][0]
        instances = self._rds.get_paginator("describe_db_instances").paginate(
            Filters=[{"Name": "db-cluster-id", "Values": [self._cluster]}]
        )
        return Cluster(
            identifier=self._cluster,
            status=cluster["Status"],
            endpoint=cluster["Endpoint"],
            port=cluster["Port"],
            database=cluster.get("DatabaseName", ""),
            security_groups=tuple(group["VpcSecurityGroupId"] for group in cluster["VpcSecurityGroups"]),
            subnets=tuple(subnet["SubnetIdentifier"] for subnet in group["Subnets"]),
            vpc=group["VpcId"],
            instances={
                instance["DBInstanceIdentifier"]: instance["DBInstanceStatus"]
                for page in instances
                for instance in page["DBInstances"]
            },
            writer=next((m["DBInstanceIdentifier"] for m in cluster["DBClusterMembers"] if m["IsClusterWriter"]), None),
        )

    def proxy(self, endpoint: str) -> Proxy | None:
        """The RDS Proxy with this endpoint (host or host:port); None if it is no proxy's, or there is none."""
        host = endpoint.partition(":")[0]
        if "proxy-" not in host:
            return None
        pages = self._rds.get_paginator("describe_db_proxies").paginate()
        found = (proxy for page in pages for proxy in page["DBProxies"] if proxy["Endpoint"] == host)
        return next((_proxy(each) for each in found), None)

    def restart_writer(self) -> None:
        """Restart the writer instance, which ends every session as a failover does. Raises LookupError without one."""
        cluster = self.found()
        if cluster is None or cluster.writer is None:
            raise LookupError(f"{self._cluster} has no writer")
        self._rds.reboot_db_instance(DBInstanceIdentifier=cluster.writer)
        self._rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=cluster.writer)


def _proxy(told: DBProxyTypeDef) -> Proxy:
    groups, subnets = tuple(told["VpcSecurityGroupIds"]), tuple(told["VpcSubnetIds"])
    return Proxy(told["DBProxyName"], groups, subnets, told["VpcId"])


class NoLogin(ExplainedError, AssertionError):
    """A secret holds no username and password."""

    diagnosis = Diagnosis.SECRET_REFUSED

    def __init__(self, secret: str) -> None:
        super().__init__(
            f"{secret} holds no login.",
            evidence="it is no JSON object with username and password",
            remedy="put both into it, as RDS does",
        )


def login(text: str, secret: str) -> dict[str, str]:
    """Parse the credentials in the secret's `text`. Raises NoLogin, whose message does not repeat the text."""
    try:
        held = json.loads(text)
        return {**held, "username": held["username"], "password": held["password"]}
    except (ValueError, KeyError, TypeError):
        raise NoLogin(secret) from None


class Secret:
    """Reads and writes one secret of Secrets Manager that holds username and password."""

    def __init__(self, secretsmanager: SecretsManagerClient, arn: str) -> None:
        self._secrets, self._arn = secretsmanager, arn

    def told(self) -> dict[str, str]:
        """The secret's current credentials. Raises NoLogin."""
        return login(self._secrets.get_secret_value(SecretId=self._arn).get("SecretString", ""), self._arn)

    def tell(self, login: dict[str, str]) -> None:
        """Replace the secret's value by these credentials."""
        self._secrets.put_secret_value(SecretId=self._arn, SecretString=json.dumps(login))
