"""A function reaches Aurora where its VpcConfig and the security groups let it; elsewhere it meets silence."""

import socket
import sysconfig
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import md5
from typing import Any
from urllib.parse import urlsplit

import pytest

from local_aws import LocalAws
from tests.local_aws.conftest import Deploy
from tests.local_aws.helpers import Function
from tests.local_aws.network.conftest import CALL, Neighbourhood, pairs, vpc_of

Caller = Callable[..., Function]
Reaches = Callable[[Function], bool]
KeptAway = Callable[[Function], str]

NOWHERE: dict[str, list[str]] = {"SubnetIds": [], "SecurityGroupIds": []}

TEXT = "0123456789abcdef" * 1_000_000
# It is libpq's own words that count, so this function is lent the suite's psycopg.
PSYCOPG = f"""
import sys
sys.path.insert(0, {sysconfig.get_path("purelib")!r})
import psycopg

def handler(event, context):
    text = {TEXT[:16]!r} * 1_000_000
    with psycopg.connect(event["url"], connect_timeout=event["patience"]) as connection:
        there, back = connection.execute("select md5(%s::text), %s::text", [text, text]).fetchone()
        return [there, back == text]
"""
FROM_A_CHILD = """
import json, subprocess, sys

def handler(event, context):
    program = f"import app, sys; print(app.call({event['endpoint']!r}, {event['patience']}))"
    return [subprocess.check_output([sys.executable, "-c", program], text=True).strip()]
"""


def test_by_its_vpc_and_security_group(neighbourhood: Neighbourhood, caller: Caller, reaches: Reaches) -> None:
    assert reaches(caller(neighbourhood.config()))


def test_a_child_process_counts_as_its_function(
    neighbourhood: Neighbourhood, deploy: Deploy, reaches: Reaches, kept_away: KeptAway
) -> None:
    source = CALL.replace("def handler", "def unused") + FROM_A_CHILD
    assert reaches(deploy(source, VpcConfig=neighbourhood.config()))
    assert kept_away(deploy(source)) == f"before {neighbourhood.cluster}: it is in no VPC"


def test_without_a_vpc_it_is_kept_away(neighbourhood: Neighbourhood, caller: Caller, kept_away: KeptAway) -> None:
    assert kept_away(caller()) == f"before {neighbourhood.cluster}: it is in no VPC"


def test_with_a_security_group_that_the_cluster_does_not_admit_it_is_kept_away(
    neighbourhood: Neighbourhood, caller: Caller, kept_away: KeptAway
) -> None:
    other = neighbourhood.group()
    why = kept_away(caller(neighbourhood.config(other)))
    assert why == f"before {neighbourhood.cluster}: no security group of the cluster admits {other} on port 5432"


def test_in_another_vpc_it_is_kept_away(
    neighbourhood: Neighbourhood, caller: Caller, kept_away: KeptAway, client: Callable[[str], Any]
) -> None:
    vpc, subnets = vpc_of(client, "1")
    elsewhere = {"SubnetIds": subnets, "SecurityGroupIds": [neighbourhood.group(vpc)]}
    neighbourhood.admit(IpRanges=[{"CidrIp": "0.0.0.0/0"}])
    assert kept_away(caller(elsewhere)) == f"before {neighbourhood.cluster}: it is in another VPC"


def test_a_security_group_that_lets_nothing_out_keeps_it_away(
    neighbourhood: Neighbourhood, caller: Caller, kept_away: KeptAway, client: Callable[[str], Any]
) -> None:
    anywhere = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    client("ec2").revoke_security_group_egress(GroupId=neighbourhood.functions_group, IpPermissions=anywhere)
    assert "lets nothing out to the cluster on port 5432" in kept_away(caller(neighbourhood.config()))


def test_without_a_cluster_nothing_is_reachable(caller: Caller, kept_away: KeptAway) -> None:
    assert kept_away(caller()) == "RDS knows no cluster"


def test_by_a_rule_for_its_subnets_and_for_every_one_of_them(
    neighbourhood: Neighbourhood, caller: Caller, reaches: Reaches, kept_away: KeptAway
) -> None:
    function = caller(neighbourhood.config(neighbourhood.group()))
    neighbourhood.admit(IpRanges=[{"CidrIp": "10.0.1.0/24"}])
    assert "no security group of the cluster admits" in kept_away(function)
    neighbourhood.admit(IpRanges=[{"CidrIp": "10.0.2.0/24"}])
    assert reaches(function)


def test_by_a_prefix_list_of_its_subnets(
    neighbourhood: Neighbourhood, caller: Caller, reaches: Reaches, client: Callable[[str], Any]
) -> None:
    entries = [{"Cidr": "10.0.1.0/24"}, {"Cidr": "10.0.2.0/24"}]
    made = client("ec2").create_managed_prefix_list(
        PrefixListName="functions", Entries=entries, MaxEntries=2, AddressFamily="IPv4"
    )
    neighbourhood.admit(PrefixListIds=[{"PrefixListId": made["PrefixList"]["PrefixListId"]}])
    assert reaches(caller(neighbourhood.config(neighbourhood.group())))


def test_a_network_acl_that_lets_no_answers_in_keeps_it_away(
    neighbourhood: Neighbourhood, caller: Caller, kept_away: KeptAway, client: Callable[[str], Any]
) -> None:
    ec2 = client("ec2")
    of_vpc = [{"Name": "vpc-id", "Values": [neighbourhood.vpc]}]
    (acl,) = [each["NetworkAclId"] for each in ec2.describe_network_acls(Filters=of_vpc)["NetworkAcls"]]
    ec2.replace_network_acl_entry(
        NetworkAclId=acl,
        RuleNumber=100,
        Egress=False,
        Protocol="6",
        RuleAction="allow",
        CidrBlock="0.0.0.0/0",
        PortRange={"From": 1, "To": 32767},
    )
    why = kept_away(caller(neighbourhood.config()))
    assert why.startswith(f"before {neighbourhood.cluster}: the network ACL of 10.0.")
    assert "stops ports 32768-60999 from 10.0." in why


def test_a_security_group_that_changes_is_felt_by_a_warm_process(
    aws: LocalAws, neighbourhood: Neighbourhood, caller: Caller
) -> None:
    function = caller(neighbourhood.config())
    admitted = pairs(neighbourhood.functions_group)

    def call(patience: float) -> Any:
        return function({"endpoint": aws.aurora_endpoint, "patience": patience}).payload

    first, process = call(10)
    neighbourhood.admit_no_more(**admitted)
    meanwhile = call(0.5)
    neighbourhood.admit(**admitted)
    assert [[first, process], meanwhile, call(10)] == [["N", process], ["silence", process], ["N", process]]


def test_a_configuration_that_changes_is_felt(
    neighbourhood: Neighbourhood, caller: Caller, reaches: Reaches, kept_away: KeptAway
) -> None:
    function = caller(neighbourhood.config())
    assert reaches(function)
    function.client.update_function_configuration(FunctionName=function.name, VpcConfig=NOWHERE)
    assert "it is in no VPC" in kept_away(function)
    function.client.update_function_configuration(FunctionName=function.name, VpcConfig=neighbourhood.config())
    assert reaches(function)


def test_many_at_once_each_by_its_own_right(
    neighbourhood: Neighbourhood, caller: Caller, reaches: Reaches, kept_away: KeptAway
) -> None:
    inside = caller(neighbourhood.config())
    assert reaches(inside)
    outside = caller()
    with ThreadPoolExecutor(8) as pool:
        reached = [pool.submit(reaches, inside) for _ in range(4)]
        kept = [pool.submit(kept_away, outside) for _ in range(4)]
    assert [each.result() for each in reached] == [True] * 4
    assert {each.result() for each in kept} == {f"before {neighbourhood.cluster}: it is in no VPC"}


def test_only_functions_reach_the_database(aws: LocalAws, neighbourhood: Neighbourhood) -> None:
    host, _, port = aws.aurora_endpoint.rpartition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.settimeout(0.5)
        connection.sendall(b"startup")
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_libpq_carries_much_and_times_out_in_its_own_words(
    aws: LocalAws, neighbourhood: Neighbourhood, deploy: Deploy
) -> None:
    login = urlsplit(aws.database_url)
    url = login._replace(netloc=f"{login.username}:{login.password}@{aws.aurora_endpoint}").geturl()
    function = deploy(PSYCOPG, VpcConfig=neighbourhood.config(), MemorySize=512)
    assert function({"url": url, "patience": 10}).payload == [md5(TEXT.encode()).hexdigest(), True]
    function.client.update_function_configuration(FunctionName=function.name, VpcConfig=NOWHERE)
    refused = function({"url": url, "patience": 2})
    assert refused.payload["errorType"] == "ConnectionTimeout"
    assert "timeout expired" in refused.payload["errorMessage"]
