"""PostgreSQL restarts where RDS is told to restart a writer: sessions break off, and what was committed stays."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.helpers import eventually, runs, unique


def writer(rds: Any) -> str:
    """Makes a cluster with a writer, and returns the writer's name."""
    cluster = unique("cluster")
    login = {"MasterUsername": "postgres", "MasterUserPassword": "any-password"}
    rds.create_db_cluster(DBClusterIdentifier=cluster, Engine="aurora-postgresql", **login)
    instance = {"DBInstanceClass": "db.serverless", "Engine": "aurora-postgresql"}
    rds.create_db_instance(DBInstanceIdentifier=f"{cluster}-1", DBClusterIdentifier=cluster, **instance)
    return f"{cluster}-1"


def test_a_restart_ends_every_session_and_keeps_what_was_committed(aws: LocalAws, client: Callable[[str], Any]) -> None:
    rds, table = client("rds"), unique("kept").replace("-", "_")
    name = writer(rds)
    with psycopg.connect(aws.database_url) as connection:
        connection.execute(f"CREATE TABLE {table} AS SELECT 1")
        connection.commit()
        connection.execute(f"DELETE FROM {table}")
        rds.reboot_db_instance(DBInstanceIdentifier=name)
        with pytest.raises(psycopg.OperationalError, match="closed the connection"):
            connection.execute("SELECT 1")
        assert connection.broken
    with psycopg.connect(aws.database_url) as connection:
        assert connection.execute(f"TABLE {table}").fetchall() == [(1,)]
    rds.delete_db_instance(DBInstanceIdentifier=name)
    rds.delete_db_cluster(DBClusterIdentifier=name.removesuffix("-1"), SkipFinalSnapshot=True)


def test_a_writer_that_there_is_not_restarts_nothing(aws: LocalAws, client: Callable[[str], Any]) -> None:
    with psycopg.connect(aws.database_url) as connection:
        with pytest.raises(client("rds").exceptions.DBInstanceNotFoundFault):
            client("rds").reboot_db_instance(DBInstanceIdentifier="another")
        connection.execute("SELECT 1")


def test_a_server_that_was_restarted_ends_with_the_embedded_aws() -> None:
    with LocalAws.start() as aws:
        keys = (aws.environment["AWS_ACCESS_KEY_ID"], aws.environment["AWS_SECRET_ACCESS_KEY"])
        rds = boto3.Session(*keys, region_name=aws.region).client("rds", endpoint_url=aws.endpoint_url)
        rds.reboot_db_instance(DBInstanceIdentifier=writer(rds))
        pid = int(Path(aws.folder, "postgres/data/postmaster.pid").read_text().split()[0])
        assert runs(pid)
        os.kill(aws.pid, signal.SIGKILL)
        eventually(lambda: not runs(pid), "PostgreSQL to end")


def test_a_group_of_one_subnet_is_refused(client: Callable[[str], Any]) -> None:
    with pytest.raises(client("rds").exceptions.DBSubnetGroupDoesNotCoverEnoughAZs, match="cover at least 2 AZs"):
        client("rds").create_db_subnet_group(
            DBSubnetGroupName=unique("narrow"), DBSubnetGroupDescription="any", SubnetIds=["subnet-a"]
        )


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"EngineVersion": "1.68"}, "InvalidParameterCombination", "Cannot find version 1.68 for aurora-postgresql"),
        ({"BackupRetentionPeriod": 70}, "InvalidParameterValue", "BackupRetentionPeriod: it must be from 1 to 35"),
        (
            {"ServerlessV2ScalingConfiguration": {"MinCapacity": 5, "MaxCapacity": 4}},
            "InvalidParameterCombination",
            "minimum capacity 5 is greater than maximum capacity 4",
        ),
    ],
)
def test_a_cluster_that_aws_refuses_is_refused(client: Callable[[str], Any], given: Any, code: str, said: str) -> None:
    login = {"MasterUsername": "postgres", "MasterUserPassword": "any-password"}
    with pytest.raises(ClientError, match=said) as refused:
        client("rds").create_db_cluster(
            DBClusterIdentifier=unique("refused"), Engine="aurora-postgresql", **login, **given
        )
    assert refused.value.response["Error"]["Code"] == code
