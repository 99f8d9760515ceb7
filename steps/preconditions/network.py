"""Checks that the functions can reach Aurora and the AWS services, and that their subnets are private.

Network ACLs are not checked: they allow all traffic unless they have been changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Any, cast

from pytest_bdd import then, when

from steps.diagnoses.ids import Diagnosis
from steps.drivers.absence import missing
from steps.drivers.aurora import Aurora, Cluster
from steps.drivers.network import Network, network
from steps.preconditions import functions as readiness
from steps.preconditions.functions import functions
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.targets.environment import Environment

SERVICES = ("s3", "dynamodb", "secretsmanager")
"""The AWS services called from inside the VPC."""
_ALL = "-1"
_HTTPS = 443


@dataclass(frozen=True)
class Side:
    """The location of functions or of a cluster: ids of their subnets and security groups."""

    subnets: Collection[str]
    groups: Collection[str]


def unreachable(network: Network, functions: Side, cluster: Cluster) -> list[Deviation]:
    """Return all that keeps the functions from Aurora and the AWS services, or exposes them to the internet."""
    return [
        *_unfit_subnets(network, functions, cluster),
        *_closed_groups(network, functions, cluster),
        *_missing_routes(network, functions),
    ]


def _unfit_subnets(network: Network, functions: Side, cluster: Cluster) -> Iterator[Deviation]:
    found = [network.subnets[id] for id in functions.subnets if id in network.subnets]
    for id in sorted(set(functions.subnets) - network.subnets.keys()):
        yield Deviation(Diagnosis.FUNCTION_WITHOUT_VPC, f"{id} does not exist")
    zones = {subnet["AvailabilityZone"] for subnet in found}
    if len(zones) < 2:
        yield Deviation(
            Diagnosis.SUBNET_NOT_PRIVATE, f"the functions' subnets lie in {len(zones)} availability zones of 2"
        )
    for subnet in found:
        id = subnet["SubnetId"]
        if subnet.get("MapPublicIpOnLaunch"):
            yield Deviation(Diagnosis.SUBNET_NOT_PRIVATE, f"{id} gives out public addresses")
        for route in network.routes[id]:
            if str(route.get("GatewayId", "")).startswith("igw-"):
                yield Deviation(
                    Diagnosis.SUBNET_NOT_PRIVATE, f"{id} has a route to the internet gateway {route['GatewayId']}"
                )
        if subnet["VpcId"] != cluster.vpc:
            yield Deviation(
                Diagnosis.AURORA_UNREACHABLE, f"{id} lies in {subnet['VpcId']}, and Aurora in {cluster.vpc}"
            )


def _closed_groups(network: Network, functions: Side, cluster: Cluster) -> Iterator[Deviation]:
    aurora = Side(cluster.subnets, cluster.security_groups)
    for id in (*functions.groups, *aurora.groups):
        if id not in network.groups:
            yield Deviation(Diagnosis.SECURITY_GROUP_CLOSED, f"{id} does not exist")
    ours, theirs = ", ".join(functions.groups), ", ".join(aurora.groups)
    if not _open(network, functions.groups, "IpPermissionsEgress", cluster.port, aurora):
        yield Deviation(Diagnosis.SECURITY_GROUP_CLOSED, f"{ours} let nothing out to port {cluster.port} of Aurora")
    if not any(_covers(rule, _HTTPS) for rule in _rules(network, functions.groups, "IpPermissionsEgress")):
        yield Deviation(Diagnosis.SECURITY_GROUP_CLOSED, f"{ours} let nothing out to port {_HTTPS} of AWS's services")
    if not _open(network, aurora.groups, "IpPermissions", cluster.port, functions):
        yield Deviation(
            Diagnosis.SECURITY_GROUP_CLOSED, f"{theirs} of Aurora let nobody of {ours} in to port {cluster.port}"
        )


def _missing_routes(network: Network, functions: Side) -> Iterator[Deviation]:
    for subnet in functions.subnets:
        for service in SERVICES:
            if subnet in network.subnets and not _reached(network, subnet, functions, service):
                yield Deviation(
                    Diagnosis.ROUTE_MISSING, f"{subnet} has neither an endpoint for {service} nor a route out"
                )


def _open(network: Network, groups: Collection[str], direction: str, port: int, other: Side) -> bool:
    """True if a group allows traffic with `other` on `port`; `direction` is IpPermissions or IpPermissionsEgress."""
    ranges = [network.subnets[id]["CidrBlock"] for id in other.subnets if id in network.subnets]
    return any(_opens(rule, port, other.groups, ranges) for rule in _rules(network, groups, direction))


def _rules(network: Network, groups: Collection[str], direction: str) -> list[Any]:
    return [rule for id in groups if id in network.groups for rule in network.groups[id][direction]]


def _opens(rule: Any, port: int, groups: Collection[str], ranges: Collection[str]) -> bool:
    """True if the rule opens `port` to one of the groups, or to all of the address ranges."""
    if not _covers(rule, port):
        return False
    if any(pair["GroupId"] in groups for pair in rule.get("UserIdGroupPairs", ())):
        return True
    opened = [ip_network(each["CidrIp"]) for each in rule.get("IpRanges", ())]
    return bool(ranges) and all(any(_within(each, one) for one in opened) for each in ranges)


def _covers(rule: Any, port: int) -> bool:
    return rule["IpProtocol"] == _ALL or (
        rule["IpProtocol"] in ("tcp", "6") and rule["FromPort"] <= port <= rule["ToPort"]
    )


def _within(inner: str, outer: Any) -> bool:
    network = ip_network(inner)
    return network.version == outer.version and network.subnet_of(outer)


def _reached(network: Network, subnet: str, functions: Side, service: str) -> bool:
    if any(map(_leads_out, network.routes[subnet])):
        return True
    return any(_leads(each, network, subnet, functions) for each in network.endpoints if _is_for(each, service))


def _leads_out(route: Mapping[str, Any]) -> bool:
    """True if this is a default route to an existing NAT gateway, transit gateway or network interface.

    The network behind a transit gateway cannot be seen from here, so its way out is assumed to exist.
    """
    everything = route.get("DestinationCidrBlock") == "0.0.0.0/0" and route.get("State") != "blackhole"
    return everything and any(route.get(way) for way in ("NatGatewayId", "TransitGatewayId", "NetworkInterfaceId"))


def _is_for(endpoint: Mapping[str, Any], service: str) -> bool:
    return str(endpoint["ServiceName"]).endswith(f".{service}") and str(endpoint["State"]).lower() == "available"


def _leads(endpoint: Mapping[str, Any], network: Network, subnet: str, functions: Side) -> bool:
    """True if the endpoint serves the subnet: a gateway by a route, an interface by private DNS and open port 443."""
    if endpoint["VpcEndpointType"] == "Gateway":
        return any(route.get("GatewayId") == endpoint["VpcEndpointId"] for route in network.routes[subnet])
    own = [each["GroupId"] for each in endpoint["Groups"]]
    admitted = _open(network, own, "IpPermissions", _HTTPS, Side([subnet], functions.groups))
    return bool(endpoint["VpcId"] == network.subnets[subnet]["VpcId"] and endpoint["PrivateDnsEnabled"] and admitted)


PRIVATE = Diagnosis.SUBNET_NOT_PRIVATE


@dataclass(frozen=True)
class Surroundings:
    """The network, each function's location in it, and the cluster."""

    network: Network
    sides: dict[str, Side]
    cluster: Cluster

    def deviations(self) -> list[Deviation]:
        """All functions' deviations, each once."""
        found = [each for side in self.sides.values() for each in unreachable(self.network, side, self.cluster)]
        return list(dict.fromkeys(found))


@when("the network around the functions is looked up", target_fixture="surroundings")
def looked_up(environment: Environment, finding: Finding) -> Surroundings:
    names, lambdas = environment.names, functions(environment).found()
    found_cluster = Aurora(environment.client("rds"), names.cluster).found()
    absent = [] if found_cluster else [missing(names, "cluster")]
    absent += [] if any(lambdas.values()) else readiness.not_ready(lambdas)
    finding.none(absent, "network-there")
    cluster = cast(Cluster, found_cluster)
    found = {name: function for name, function in lambdas.items() if function}
    sides = {name: Side(function.subnets, function.security_groups) for name, function in found.items()}
    subnets = {*cluster.subnets, *(subnet for side in sides.values() for subnet in side.subnets)}
    groups = {*cluster.security_groups, *(group for side in sides.values() for group in side.groups)}
    return Surroundings(network(environment.client("ec2"), subnets, groups), sides, cluster)


@then("its subnets are private and in two zones")
def private(surroundings: Surroundings, finding: Finding) -> None:
    deviations = [each for each in surroundings.deviations() if each.diagnosis == PRIVATE]
    subnets = sorted({subnet for side in surroundings.sides.values() for subnet in side.subnets})
    finding.none(deviations, "subnets-private", subnets=len(subnets))
    one = replace(
        surroundings, sides={name: Side(subnets[:1], side.groups) for name, side in surroundings.sides.items()}
    )
    finding.control("one subnet alone", any(each.diagnosis == PRIVATE for each in one.deviations()))


@then("Aurora, S3, DynamoDB and Secrets Manager can be reached from there")
def reachable(surroundings: Surroundings, finding: Finding) -> None:
    deviations = [each for each in surroundings.deviations() if each.diagnosis != PRIVATE]
    port = surroundings.cluster.port
    finding.none(deviations, "services-in-reach", port=port)
    network = surroundings.network
    without = replace(network, endpoints=[], groups={}, routes={id: [] for id in network.routes})
    found = {each.diagnosis for each in replace(surroundings, network=without).deviations()}
    finding.control(
        "no endpoints, routes and security groups", {Diagnosis.ROUTE_MISSING, Diagnosis.SECURITY_GROUP_CLOSED} <= found
    )
