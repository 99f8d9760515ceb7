"""Obstacles between functions, Aurora and AWS's services, judged by EC2's answers about the network."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.drivers.aurora import Cluster, Proxy
from steps.drivers.network import Network
from steps.preconditions.network import SERVICES, Side, Surroundings, unreachable

A, B = "subnet-a", "subnet-b"
FUNCTIONS = Side((A, B), ("sg-functions",))
CLUSTER = Cluster("aurora", "available", "host", 5432, "csvbatch", ("sg-aurora",), (A, B), "vpc-1", {}, None)
ANYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
LOCAL = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
TO_S3 = {"DestinationPrefixListId": "pl-s3", "GatewayId": "vpce-s3", "State": "active"}
NAT = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"}


def tcp(port: int, *groups: str, cidr: str = "", to: int | None = None) -> dict[str, Any]:
    pairs = [{"GroupId": group} for group in groups]
    ranges = [{"CidrIp": cidr}] if cidr else []
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": to or port, "UserIdGroupPairs": pairs, "IpRanges": ranges}


def group(id: str, *ingress: Any, egress: Any = (ANYWHERE,)) -> dict[str, Any]:
    return {"GroupId": id, "IpPermissions": list(ingress), "IpPermissionsEgress": list(egress)}


def subnet(id: str, cidr: str, zone: str, **changes: Any) -> dict[str, Any]:
    well = {"SubnetId": id, "VpcId": "vpc-1", "CidrBlock": cidr, "AvailabilityZone": zone, "MapPublicIpOnLaunch": False}
    return well | changes


def endpoint(service: str, kind: str, **changes: Any) -> dict[str, Any]:
    name = f"com.amazonaws.ap-northeast-1.{service}"
    well = {"VpcEndpointId": f"vpce-{service}", "VpcEndpointType": kind, "ServiceName": name, "State": "available"}
    interface = {"VpcId": "vpc-1", "PrivateDnsEnabled": True, "Groups": [{"GroupId": "sg-endpoints"}]}
    return well | (interface if kind == "Interface" else {"VpcId": "vpc-1", "Groups": []}) | changes


def network(**changes: Any) -> Network:
    """A network as it should be, but for these changes."""
    well: dict[str, Any] = {
        "subnets": {A: subnet(A, "10.0.1.0/24", "a"), B: subnet(B, "10.0.2.0/24", "c")},
        "routes": {id: [LOCAL, TO_S3, TO_S3 | {"GatewayId": "vpce-dynamodb"}] for id in (A, B)},
        "groups": {
            "sg-functions": group("sg-functions"),
            "sg-aurora": group("sg-aurora", tcp(5432, "sg-functions")),
            "sg-endpoints": group("sg-endpoints", tcp(443, "sg-functions")),
        },
        "endpoints": [
            endpoint("s3", "Gateway"),
            endpoint("dynamodb", "Gateway"),
            endpoint("secretsmanager", "Interface"),
        ],
    }
    return Network(**(well | changes))


def subnets(**of_a: Any) -> Network:
    """The first subnet changed."""
    well = network().subnets
    return network(subnets={**well, A: {**well[A], **of_a}})


def routes(*of_a: Any) -> Network:
    """The first subnet with these routes instead of its own."""
    return network(routes={**network().routes, A: list(of_a)})


def groups(**of: Any) -> Network:
    """Groups replaced by name, or None for one that is gone."""
    changed = {**network().groups, **{f"sg-{name}": each for name, each in of.items()}}
    return network(groups={id: each for id, each in changed.items() if each is not None})


def endpoints(service: str, **changes: Any) -> Network:
    """One endpoint changed."""
    well = network().endpoints
    return network(
        endpoints=[{**each, **changes} if each["VpcEndpointId"] == f"vpce-{service}" else each for each in well]
    )


def egress(*https: dict[str, Any]) -> Network:
    """The functions let out to Aurora and by these rules."""
    rules = [tcp(5432, "sg-aurora"), *https]
    changed = groups(functions=group("sg-functions", egress=rules))
    of_endpoint = [{**each, "SubnetIds": [A]} if "Groups" in each else each for each in changed.endpoints]
    return replace(changed, endpoints=of_endpoint)


def behind_nat(found: Network) -> Network:
    return replace(found, routes={id: [*routes, NAT] for id, routes in found.routes.items()})


def by_list(*cidrs: str) -> Network:
    """Aurora lets in by a prefix list of these networks."""
    rule = tcp(5432) | {"PrefixListIds": [{"PrefixListId": "pl-own"}]}
    return replace(groups(aurora=group("sg-aurora", rule)), prefix_lists={"pl-own": list(cidrs)})


def entry(port: int, cidr: str = "0.0.0.0/0", *, to: int | None = None, action: str = "allow") -> dict[str, Any]:
    ports = {"From": port, "To": to or port}
    return {"Protocol": "6", "RuleAction": action, "CidrBlock": cidr, "PortRange": ports}


def acls(out: list[dict[str, Any]], into: list[dict[str, Any]]) -> Network:
    """The ACL of the first subnet has these entries in this order; without any, it is open as by default."""
    opened = [{"Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}]
    numbered = [
        each | {"Egress": is_out, "RuleNumber": 100 * number}
        for is_out, entries in ((True, out or opened), (False, into or opened))
        for number, each in enumerate(entries, 1)
    ]
    return network(acls={A: {"NetworkAclId": "acl-a", "Entries": numbered[::-1]}})


ENDPOINT_CLOSED = (
    "sg-endpoints of vpce-secretsmanager, the endpoint for secretsmanager, "
    f"let nobody of sg-functions in {A} in to port 443; admitted: nothing"
)
NOT_OUT = f"sg-functions let nothing out of {A} to port 443 of {{}}"
NOT_TO_ENDPOINT = "sg-functions let nothing out to port 443 of vpce-secretsmanager, the endpoint for secretsmanager"
ACL = f"the network ACL acl-a of {A} stops {{}}"
NONE_FOR = f"{A} has neither an endpoint for {{}} nor a route out"
CLOSED_TO = "sg-aurora of Aurora let nobody of sg-functions in to port 5432; admitted: {}"
NO_WAY_OUT = "sg-functions let nothing out to port 5432 of Aurora"
NO_HTTPS = "sg-functions let nothing out to port 443 of AWS's services"
PUBLIC = {"GatewayId": "igw-1", "DestinationCidrBlock": "0.0.0.0/0", "State": "active"}


@pytest.mark.parametrize(
    ("found", "diagnosis", "says"),
    [
        (network(), "", []),
        (subnets(MapPublicIpOnLaunch=True), "subnet-not-private", [f"{A} gives out public addresses"]),
        (
            subnets(AvailabilityZone="c"),
            "subnet-not-private",
            ["the functions' subnets lie in 1 availability zones of 2"],
        ),
        (
            routes(*network().routes[A], PUBLIC),
            "subnet-not-private",
            [f"{A} has a route to the internet gateway igw-1"],
        ),
        (groups(aurora=group("sg-aurora")), "security-group-closed", [CLOSED_TO.format("nothing")]),
        (
            groups(aurora=group("sg-aurora", tcp(5433, "sg-functions"))),
            "security-group-closed",
            [CLOSED_TO.format("tcp 5433 from sg-functions")],
        ),
        (
            groups(aurora=group("sg-aurora", tcp(1, "sg-functions", to=9), ANYWHERE | {"IpProtocol": "udp"})),
            "security-group-closed",
            [CLOSED_TO.format("tcp 1-9 from sg-functions, udp from 0.0.0.0/0")],
        ),
        (
            groups(aurora=group("sg-aurora", tcp(5432, "sg-others"))),
            "security-group-closed",
            [CLOSED_TO.format("tcp 5432 from sg-others")],
        ),
        (
            groups(aurora=group("sg-aurora", tcp(5432, cidr="10.0.1.0/24"))),
            "security-group-closed",
            [CLOSED_TO.format("tcp 5432 from 10.0.1.0/24")],
        ),
        (groups(aurora=group("sg-aurora", tcp(5432, cidr="10.0.0.0/16"))), "", []),
        (
            groups(aurora=group("sg-aurora", ANYWHERE)),
            "subnet-not-private",
            ["sg-aurora of Aurora lets everybody in to port 5432, by 0.0.0.0/0"],
        ),
        (groups(aurora=None), "security-group-closed", ["sg-aurora does not exist", CLOSED_TO.format("nothing")]),
        (groups(functions=group("sg-functions", egress=())), "security-group-closed", [NO_WAY_OUT, NO_HTTPS]),
        (
            groups(functions=group("sg-functions", egress=[tcp(443, cidr="0.0.0.0/0")])),
            "security-group-closed",
            [NO_WAY_OUT],
        ),
        (groups(functions=group("sg-functions", egress=[tcp(5432, "sg-aurora")])), "security-group-closed", [NO_HTTPS]),
        (
            groups(functions=group("sg-functions", egress=[tcp(5432, "sg-aurora"), tcp(443, cidr="0.0.0.0/0")])),
            "",
            [],
        ),
        (network(endpoints=[]), "route-missing", [NONE_FOR.format(each) for each in SERVICES]),
        (routes(LOCAL), "route-missing", [NONE_FOR.format("s3"), NONE_FOR.format("dynamodb")]),
        (routes(LOCAL, NAT), "", []),
        (routes(LOCAL, {"DestinationCidrBlock": "0.0.0.0/0", "TransitGatewayId": "tgw-1", "State": "active"}), "", []),
        (
            routes(LOCAL, NAT | {"State": "blackhole"}),
            "route-missing",
            [NONE_FOR.format("s3"), NONE_FOR.format("dynamodb")],
        ),
        (
            routes(LOCAL, NAT | {"DestinationCidrBlock": "10.9.0.0/16"}),
            "route-missing",
            [NONE_FOR.format("s3"), NONE_FOR.format("dynamodb")],
        ),
        (endpoints("s3", State="pending"), "route-missing", [NONE_FOR.format("s3")]),
        (endpoints("secretsmanager", PrivateDnsEnabled=False), "route-missing", [NONE_FOR.format("secretsmanager")]),
        (groups(endpoints=group("sg-endpoints")), "security-group-closed", [ENDPOINT_CLOSED]),
        (behind_nat(groups(endpoints=group("sg-endpoints"))), "security-group-closed", [ENDPOINT_CLOSED]),
        (
            egress(tcp(443, "sg-others")),
            "security-group-closed",
            [NOT_OUT.format("s3"), NOT_OUT.format("dynamodb"), NOT_TO_ENDPOINT],
        ),
        (
            egress(tcp(443, cidr="10.0.0.0/16")),
            "security-group-closed",
            [NOT_OUT.format("s3"), NOT_OUT.format("dynamodb")],
        ),
        (
            egress(tcp(443, cidr="52.1.2.3/32"), tcp(443, "sg-endpoints")),
            "security-group-closed",
            [NOT_OUT.format("s3"), NOT_OUT.format("dynamodb")],
        ),
        (egress(tcp(443, cidr="52.0.0.0/8"), tcp(443, "sg-endpoints")), "", []),
        (egress(tcp(443, "sg-endpoints") | {"PrefixListIds": [{"PrefixListId": "pl-s3"}]}), "", []),
        (by_list("10.0.1.0/24", "10.0.2.0/24", "2001:db8::/32"), "", []),
        (by_list("10.0.1.0/24"), "security-group-closed", [CLOSED_TO.format("tcp 5432 from pl-own")]),
        (acls([], []), "", []),
        (
            acls([entry(1024, "10.0.0.0/16", to=65535), entry(443)], [entry(1024, to=65535)]),
            "",
            [],
        ),
        (
            acls([entry(100, "10.0.2.0/24", to=6000, action="deny"), entry(0, to=65535)], [entry(0, to=65535)]),
            "network-acl-closed",
            [ACL.format("port 5432 to 10.0.2.0/24")],
        ),
        (
            acls([entry(0, to=65535)], [entry(1024, "10.0.0.0/16", to=65535)]),
            "network-acl-closed",
            [ACL.format("answers from 0.0.0.0/0 (ports 32768-60999)")],
        ),
        (
            acls([entry(443)], [entry(1024, to=65535)]),
            "network-acl-closed",
            [ACL.format("port 5432 to 10.0.2.0/24"), ACL.format("answers to 10.0.2.0/24 (ports 32768-60999)")],
        ),
    ],
)
def test_each_obstacle_between_functions_and_database_is_named(found: Network, diagnosis: str, says: list[str]):
    deviations = [each for each in unreachable(found, FUNCTIONS, CLUSTER) if B not in each.text]
    assert list(dict.fromkeys(deviations)) == [(diagnosis, text) for text in says]


@pytest.mark.parametrize(
    ("functions", "cluster", "diagnosis", "says"),
    [
        (replace(FUNCTIONS, subnets=(A, B, "subnet-x")), CLUSTER, "function-without-vpc", "subnet-x does not exist"),
        (
            replace(FUNCTIONS, subnets=(A,)),
            CLUSTER,
            "subnet-not-private",
            "the functions' subnets lie in 1 availability zones of 2",
        ),
        (FUNCTIONS, replace(CLUSTER, vpc="vpc-2"), "aurora-unreachable", f"{A} lies in vpc-1, and Aurora in vpc-2"),
        (
            FUNCTIONS,
            replace(CLUSTER, port=5433),
            "security-group-closed",
            CLOSED_TO.replace("5432", "5433").format("tcp 5432 from sg-functions"),
        ),
        (
            replace(FUNCTIONS, groups=("sg-x",)),
            CLUSTER,
            "security-group-closed",
            "sg-x does not exist",
        ),
    ],
)
def test_functions_or_a_cluster_that_stand_elsewhere(functions: Side, cluster: Cluster, diagnosis: str, says: str):
    assert (diagnosis, says) in unreachable(network(), functions, cluster)


RULES = st.builds(
    lambda protocol, ends, groups, cidrs: {
        "IpProtocol": protocol,
        "FromPort": min(ends),
        "ToPort": max(ends),
        "UserIdGroupPairs": [{"GroupId": each} for each in groups],
        "IpRanges": [{"CidrIp": each} for each in cidrs],
    },
    st.sampled_from(["tcp", "udp", "-1"]),
    st.lists(st.sampled_from([0, 5431, 5432, 5433, 65535]), min_size=2, max_size=2),
    st.lists(st.sampled_from(["sg-functions", "sg-others"]), max_size=2),
    st.lists(st.sampled_from(["10.0.0.0/16", "10.0.1.0/24", "10.0.2.0/24", "0.0.0.0/0", "10.0.1.7/32"]), max_size=2),
)


def test_ids_are_followed_by_the_names_of_their_resources():
    def tags(**pairs: str) -> dict[str, Any]:
        return {"Tags": [{"Key": key, "Value": value} for key, value in pairs.items()]}

    logical = tags(**{"aws:cloudformation:logical-id": "PrivateSubnetA"})
    found = replace(
        subnets(**logical),
        groups={
            "sg-functions": group("sg-functions") | {"GroupName": "lambda-sg"},
            "sg-aurora": group("sg-aurora", tcp(443, "sg-functions")) | {"GroupName": "any"} | tags(Name="aurora-sg"),
            "sg-endpoints": group("sg-endpoints", tcp(443, "sg-functions")),
        },
        routes={A: [LOCAL], B: network().routes[B]},
    )
    assert [each.text for each in unreachable(found, FUNCTIONS, CLUSTER)] == [
        "sg-aurora (aurora-sg) of Aurora let nobody of sg-functions (lambda-sg) in to port 5432; "
        "admitted: tcp 443 from sg-functions (lambda-sg)",
        *(NONE_FOR.format(each).replace(A, f"{A} (PrivateSubnetA)") for each in ("s3", "dynamodb")),
    ]


@pytest.mark.parametrize(
    ("attribute", "says"),
    [
        ("EnableDnsSupport", "vpc-1 of subnet-a resolves no names, Aurora's neither: its EnableDnsSupport is off"),
        (
            "EnableDnsHostnames",
            "vpc-1 gives the endpoint for secretsmanager no name in subnet-a: its EnableDnsHostnames is off",
        ),
    ],
)
def test_a_vpc_without_names_leads_to_no_endpoint_with_private_dns(attribute: str, says: str):
    found = unreachable(network(dns_off={"vpc-1": attribute}), FUNCTIONS, CLUSTER)
    assert any(each.text.startswith(says) for each in found), found


@given(rules=st.lists(RULES, max_size=3))
def test_a_group_is_open_where_its_rules_let_every_function_in(rules: list[dict[str, Any]]):
    def lets_in(rule: dict[str, Any], address: str) -> bool:
        fits = rule["IpProtocol"] == "-1" or (
            rule["IpProtocol"] == "tcp" and rule["FromPort"] <= 5432 <= rule["ToPort"]
        )
        named = {"GroupId": "sg-functions"} in rule["UserIdGroupPairs"]
        return fits and (named or any(ip_address(address) in ip_network(r["CidrIp"]) for r in rule["IpRanges"]))

    found = unreachable(groups(aurora=group("sg-aurora", *rules)), FUNCTIONS, CLUSTER)
    found = [each for each in found if each.diagnosis == "security-group-closed"]
    assert (found == []) is all(any(lets_in(rule, f"10.0.{n}.9") for rule in rules) for n in (1, 2))


def test_behind_rds_proxy_the_functions_need_the_proxy_alone_and_the_proxy_aurora():
    proxied = {
        "sg-proxy": group("sg-proxy", tcp(5432, "sg-functions")),
        "sg-aurora": group("sg-aurora", tcp(5432, "sg-proxy")),
    }
    found = network(groups={**network().groups, **proxied})
    by_proxy = Surroundings(found, {"any": FUNCTIONS}, CLUSTER, Proxy("any", ("sg-proxy",), (A, B), "vpc-1"))
    assert by_proxy.deviations() == []
    assert [each.text for each in replace(by_proxy, proxy=None).deviations()] == [
        CLOSED_TO.format("tcp 5432 from sg-proxy")
    ]
    shut = replace(by_proxy, network=replace(found, groups={**found.groups, "sg-aurora": group("sg-aurora")}))
    assert [each.text for each in shut.deviations()] == [
        CLOSED_TO.format("nothing").replace("sg-functions", "sg-proxy")
    ]
