"""Checks that the functions can reach Aurora and the AWS services, and that their subnets are private.

Traffic to a service goes to an interface endpoint with private DNS, wherever there is one; else by a route to a gateway
endpoint, else by the default route. On that way security groups and network ACLs have to let it pass.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, collapse_addresses
from typing import Any, cast

from pytest_bdd import then, when

from steps.diagnoses.ids import Diagnosis
from steps.drivers.absence import missing
from steps.drivers.aurora import Aurora, Cluster, Proxy
from steps.drivers.network import Network, network, resource_names
from steps.preconditions import functions as readiness
from steps.preconditions.functions import functions
from steps.preconditions.network_acls import ANYWHERE, is_public, passes
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
    """Return all that keeps the functions from Aurora and the AWS services, or exposes them to the internet.

    Each id in the texts is followed by the resource's name, if it has one.
    """
    found = [
        *_unfit_subnets(network, functions, cluster),
        *_closed_groups(network, functions, cluster),
        *_closed_acls(network, functions, cluster),
        *_unreached_services(network, functions),
    ]
    names = resource_names(network)

    def with_name(id: re.Match[str]) -> str:
        return f"{id[0]} ({names[id[0]]})" if id[0] in names else id[0]

    return [Deviation(diagnosis, _ID.sub(with_name, text)) for diagnosis, text in found]


_ID = re.compile(r"\b(?:sg|subnet|vpce)-[\w-]+")


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
        if network.dns_off.get(subnet["VpcId"]) == "EnableDnsSupport":
            text = f"{subnet['VpcId']} of {id} resolves no names, Aurora's neither: its EnableDnsSupport is off"
            yield Deviation(Diagnosis.AURORA_UNREACHABLE, text)
        if subnet["VpcId"] != cluster.vpc:
            yield Deviation(
                Diagnosis.AURORA_UNREACHABLE, f"{id} lies in {subnet['VpcId']}, and Aurora in {cluster.vpc}"
            )


def _closed_groups(network: Network, functions: Side, cluster: Cluster) -> Iterator[Deviation]:
    aurora = Side(cluster.subnets, cluster.security_groups)
    for id in (*functions.groups, *aurora.groups):
        if id not in network.groups:
            yield Deviation(Diagnosis.SECURITY_GROUP_CLOSED, f"{id} does not exist")
    ours = ", ".join(functions.groups)
    if not _open(network, functions.groups, "IpPermissionsEgress", cluster.port, aurora):
        yield Deviation(Diagnosis.SECURITY_GROUP_CLOSED, f"{ours} let nothing out to port {cluster.port} of Aurora")
    if not any(_covers(rule, _HTTPS) for rule in _rules(network, functions.groups, "IpPermissionsEgress")):
        yield Deviation(Diagnosis.SECURITY_GROUP_CLOSED, f"{ours} let nothing out to port {_HTTPS} of AWS's services")
    yield from _closed_to(network, aurora, cluster.port, functions)
    for id in aurora.groups:
        rules = [each for each in _rules(network, [id], "IpPermissions") if _covers(each, cluster.port)]
        if ANYWHERE in _networks(network, rules):
            text = f"{id} of Aurora lets everybody in to port {cluster.port}, by {ANYWHERE}"
            yield Deviation(Diagnosis.SUBNET_NOT_PRIVATE, text)


def _closed_to(network: Network, aurora: Side, port: int, clients: Side) -> Iterator[Deviation]:
    if not _open(network, aurora.groups, "IpPermissions", port, clients):
        text = f"{', '.join(aurora.groups)} of Aurora let nobody of {', '.join(clients.groups)} in to port {port}"
        text += _admitted(network, aurora.groups)
        yield Deviation(Diagnosis.SECURITY_GROUP_CLOSED, text)


def _admitted(network: Network, groups: Collection[str]) -> str:
    """The ports and clients that the groups do admit, since a wrong port or client is the usual mistake."""
    return "; admitted: " + (", ".join(map(_describe, _rules(network, groups, "IpPermissions"))) or "nothing")


def _describe(rule: Mapping[str, Any]) -> str:
    clients = [each["GroupId"] for each in rule.get("UserIdGroupPairs", ())]
    clients += [each["CidrIp"] for each in rule.get("IpRanges", ())]
    clients += [each["PrefixListId"] for each in rule.get("PrefixListIds", ())]
    ends = dict.fromkeys(str(rule[end]) for end in ("FromPort", "ToPort") if end in rule)
    ports = "all ports" if rule["IpProtocol"] == _ALL else f"{rule['IpProtocol']} {'-'.join(ends)}"
    return f"{ports.rstrip()} from {' and '.join(clients) or 'nobody'}"


def _closed_acls(network: Network, functions: Side, cluster: Cluster) -> Iterator[Deviation]:
    for here in functions.subnets:
        for there in cluster.subnets:
            if {here, there} <= network.subnets.keys() and here != there:
                yield from _stopped(network, here, cluster.port, _range(network, there), there)


def _unreached_services(network: Network, functions: Side) -> Iterator[Deviation]:
    for subnet in functions.subnets:
        for service in SERVICES:
            if subnet in network.subnets:
                yield from _unreached(network, functions, subnet, service)


def _unreached(network: Network, functions: Side, subnet: str, service: str) -> Iterator[Deviation]:
    """Whatever stops the traffic to `service` on the way that it takes from `subnet`."""
    there = [each for each in network.endpoints if _is_for(each, service)]
    vpc = network.subnets[subnet]["VpcId"]
    interfaces = [each for each in there if _takes_the_name(each, vpc)]
    gateways = {each["VpcEndpointId"] for each in there if each["VpcEndpointType"] == "Gateway"}
    routes = network.routes[subnet]
    by_gateway = [each for each in routes if each.get("GatewayId") in gateways]
    if interfaces and vpc in network.dns_off:
        text = f"{vpc} gives the endpoint for {service} no name in {subnet}: its {network.dns_off[vpc]} is off"
        yield Deviation(Diagnosis.ROUTE_MISSING, text)
    elif interfaces:
        yield from _stopped_at(network, functions, subnet, service, interfaces[0])
    elif by_gateway or any(map(_leads_out, routes)):
        lists = {each.get("DestinationPrefixListId") for each in by_gateway}
        rules = [each for each in _rules(network, functions.groups, "IpPermissionsEgress") if _covers(each, _HTTPS)]
        named = {each["PrefixListId"] for rule in rules for each in rule.get("PrefixListIds", ())}
        if rules and not named & lists and not any(map(is_public, _networks(network, rules))):
            groups = ", ".join(functions.groups)
            text = f"{groups} let nothing out of {subnet} to port {_HTTPS} of {service}"
            yield Deviation(Diagnosis.SECURITY_GROUP_CLOSED, text)
        yield from _stopped(network, subnet, _HTTPS, ANYWHERE, None)
    else:
        yield Deviation(Diagnosis.ROUTE_MISSING, f"{subnet} has neither an endpoint for {service} nor a route out")


def _stopped_at(
    network: Network, functions: Side, subnet: str, service: str, endpoint: Mapping[str, Any]
) -> Iterator[Deviation]:
    """Whatever stops the traffic to an interface endpoint: its security groups, the functions', network ACLs."""
    id, subnets = endpoint["VpcEndpointId"], endpoint.get("SubnetIds", ())
    side = Side(subnets, [each["GroupId"] for each in endpoint["Groups"]])
    theirs, ours = ", ".join(side.groups), ", ".join(functions.groups)
    if not _open(network, side.groups, "IpPermissions", _HTTPS, Side([subnet], functions.groups)):
        text = f"{theirs} of {id}, the endpoint for {service}, let nobody of {ours} in {subnet} in to port {_HTTPS}"
        text += _admitted(network, side.groups)
        yield Deviation(Diagnosis.SECURITY_GROUP_CLOSED, text)
    rules = _rules(network, functions.groups, "IpPermissionsEgress")
    if any(_covers(each, _HTTPS) for each in rules) and not _open(
        network, functions.groups, "IpPermissionsEgress", _HTTPS, side
    ):
        text = f"{ours} let nothing out to port {_HTTPS} of {id}, the endpoint for {service}"
        yield Deviation(Diagnosis.SECURITY_GROUP_CLOSED, text)
    for there in subnets:
        if there in network.subnets and there != subnet:
            yield from _stopped(network, subnet, _HTTPS, _range(network, there), there)


_EPHEMERAL = range(32768, 61000)
"""The ports from which Linux opens connections, and to which answers return."""


def _stopped(network: Network, here: str, port: int, to: IPv4Network, there: str | None) -> Iterator[Deviation]:
    """Each network ACL that stops traffic from the subnet `here` to `port` in the range `to`, or its answers.

    ACLs are stateless, and act at the borders of subnets: of `here`, and of `there` unless it is None.
    """
    one, own = range(port, port + 1), _range(network, here)
    crossings = [(here, True, to, one, f"port {port} to {to}"), (here, False, to, _EPHEMERAL, f"answers from {to}")]
    if there:
        crossings.append((there, False, own, one, f"port {port} from {own}"))
        crossings.append((there, True, own, _EPHEMERAL, f"answers to {own}"))
    for subnet, is_out, other, ports, what in crossings:
        acl = network.acls.get(subnet)
        if acl and not passes(acl, is_out, other, ports):
            ephemeral = f" (ports {ports[0]}-{ports[-1]})" if ports == _EPHEMERAL else ""
            text = f"the network ACL {acl['NetworkAclId']} of {subnet} stops {what}{ephemeral}"
            yield Deviation(Diagnosis.NETWORK_ACL_CLOSED, text)


def _range(network: Network, subnet: str) -> IPv4Network:
    return IPv4Network(network.subnets[subnet]["CidrBlock"])


def _open(network: Network, groups: Collection[str], direction: str, port: int, other: Side) -> bool:
    """True if the groups' rules, which add up, allow traffic with `other` on `port`.

    `direction` is IpPermissions or IpPermissionsEgress. Rules for addresses have to cover all subnets of `other`.
    """
    rules = [rule for rule in _rules(network, groups, direction) if _covers(rule, port)]
    if any(pair["GroupId"] in other.groups for rule in rules for pair in rule.get("UserIdGroupPairs", ())):
        return True
    opened = list(collapse_addresses(_networks(network, rules)))
    ranges = [_range(network, id) for id in other.subnets if id in network.subnets]
    return any(each == ANYWHERE for each in opened) or (
        bool(ranges) and all(any(each.subnet_of(block) for block in opened) for each in ranges)
    )


def _rules(network: Network, groups: Collection[str], direction: str) -> list[Any]:
    return [rule for id in groups if id in network.groups for rule in network.groups[id][direction]]


def _networks(network: Network, rules: Iterable[Any]) -> list[IPv4Network]:
    """The IPv4 networks that the rules name, themselves or by prefix lists."""
    named = [each["CidrIp"] for rule in rules for each in rule.get("IpRanges", ())]
    lists = [each["PrefixListId"] for rule in rules for each in rule.get("PrefixListIds", ())]
    named += [cidr for id in lists for cidr in network.prefix_lists.get(id, ()) if ":" not in cidr]
    return [IPv4Network(each, strict=False) for each in named]


def _covers(rule: Any, port: int) -> bool:
    return rule["IpProtocol"] == _ALL or (
        rule["IpProtocol"] in ("tcp", "6") and rule["FromPort"] <= port <= rule["ToPort"]
    )


def _leads_out(route: Mapping[str, Any]) -> bool:
    """True if this is a default route to an existing NAT gateway, transit gateway or network interface.

    The network behind a transit gateway cannot be seen from here, so its way out is assumed to exist.
    """
    everything = route.get("DestinationCidrBlock") == "0.0.0.0/0" and route.get("State") != "blackhole"
    return everything and any(route.get(way) for way in ("NatGatewayId", "TransitGatewayId", "NetworkInterfaceId"))


def _is_for(endpoint: Mapping[str, Any], service: str) -> bool:
    return str(endpoint["ServiceName"]).endswith(f".{service}") and str(endpoint["State"]).lower() == "available"


def _takes_the_name(endpoint: Mapping[str, Any], vpc: str) -> bool:
    """True if the service's name leads to this interface endpoint, and to nothing else, in the VPC."""
    elsewhere = endpoint.get("DnsOptions", {}).get("PrivateDnsOnlyForInboundResolverEndpoint", False)
    is_interface = endpoint["VpcEndpointType"] == "Interface" and endpoint["VpcId"] == vpc
    return bool(is_interface and endpoint["PrivateDnsEnabled"] and not elsewhere)


PRIVATE = Diagnosis.SUBNET_NOT_PRIVATE


@dataclass(frozen=True)
class Surroundings:
    """The network, each function's location in it, the cluster, and the proxy before it that the functions use."""

    network: Network
    sides: dict[str, Side]
    cluster: Cluster
    proxy: Proxy | None = None

    def deviations(self) -> list[Deviation]:
        """All functions' deviations, each once."""
        cluster, found = self.cluster, list[Deviation]()
        if self.proxy:
            proxy = self.proxy
            side = Side(proxy.subnets, proxy.security_groups)
            found += _closed_to(self.network, Side(cluster.subnets, cluster.security_groups), cluster.port, side)
            cluster = replace(cluster, security_groups=proxy.security_groups, subnets=proxy.subnets, vpc=proxy.vpc)
        found += [each for side in self.sides.values() for each in unreachable(self.network, side, cluster)]
        return list(dict.fromkeys(found))


@when("the network around the functions is looked up", target_fixture="surroundings")
def looked_up(environment: Environment, finding: Finding) -> Surroundings:
    names, lambdas = environment.names, functions(environment).found()
    aurora = Aurora(environment.client("rds"), names.cluster)
    found_cluster, proxy = aurora.found(), aurora.proxy(environment.aurora_endpoint)
    absent = [] if found_cluster else [missing(names, "cluster")]
    absent += [] if any(lambdas.values()) else readiness.not_ready(lambdas)
    finding.none(absent, "network-there")
    cluster = cast(Cluster, found_cluster)
    found = {name: function for name, function in lambdas.items() if function}
    sides = {name: Side(function.subnets, function.security_groups) for name, function in found.items()}
    beside = (*cluster.subnets, *(proxy.subnets if proxy else ()))
    subnets = {*beside, *(subnet for side in sides.values() for subnet in side.subnets)}
    owned = (*cluster.security_groups, *(proxy.security_groups if proxy else ()))
    groups = {*owned, *(group for side in sides.values() for group in side.groups)}
    return Surroundings(network(environment.client("ec2"), subnets, groups), sides, cluster, proxy)


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
