"""Decides whether a function reaches a cluster by AWS's rules of VPCs, security groups and ACLs; without I/O.

https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network, collapse_addresses
from itertools import product
from typing import NamedTuple

_TCP = {"tcp", "6", "-1"}
_ANYWHERE = (IPv4Network("0.0.0.0/0"),)


class Permission(NamedTuple):
    """One rule of a security group: the ports it opens, and the groups or networks it opens them to or from."""

    protocol: str
    """As in EC2's API: a name, a number, or -1 for all."""
    ports: range
    groups: frozenset[str]
    networks: tuple[IPv4Network, ...]


class SecurityGroup(NamedTuple):
    """A security group with its rules."""

    id: str
    vpc: str
    ingress: tuple[Permission, ...]
    egress: tuple[Permission, ...]


class AclEntry(NamedTuple):
    """One numbered rule of a network ACL, in one direction."""

    is_egress: bool
    protocol: str
    """As in EC2's API: a number, or -1 for all."""
    ports: range
    network: IPv4Network
    allows: bool


class Interfaces(NamedTuple):
    """The network interfaces of a function or a cluster, which can be in any of its subnets."""

    groups: tuple[SecurityGroup, ...]
    subnets: tuple[IPv4Network, ...]
    """Empty if unknown: only a rule for all addresses then covers them."""
    acls: Mapping[IPv4Network, tuple[AclEntry, ...]] = {}
    """The entries of each subnet's network ACL in the order of their numbers; a subnet without one is open."""


def barrier(function: Interfaces, cluster: Interfaces, port: int) -> str | None:
    """Returns the reason why `function` does not reach the TCP `port` of `cluster`, as a clause; None if it does.

    CIDR rules must cover every address of the other side's subnets; IPv6 rules open nothing. Within a VPC there is
    always a route. Network ACLs, which have no state, must let traffic and answers pass between all different subnets.
    """
    if not function.groups:
        return "it is in no VPC"
    if cluster.groups and {each.vpc for each in function.groups}.isdisjoint(each.vpc for each in cluster.groups):
        return "it is in another VPC"
    if not _open((rule for group in cluster.groups for rule in group.ingress), port, function):
        return f"no security group of the cluster admits {_names(function)} on port {port}"
    if not _open((rule for group in function.groups for rule in group.egress), port, cluster):
        return f"{_names(function)} lets nothing out to the cluster on port {port}"
    return next(_stopped(function, cluster, port), None)


def _stopped(function: Interfaces, cluster: Interfaces, port: int) -> Iterator[str]:
    """Each network ACL that stops the traffic or its answers, as a clause."""
    to_port = range(port, port + 1)
    for here, there in product(function.subnets, cluster.subnets):
        crossings = [
            (function, here, True, there, to_port),
            (cluster, there, False, here, to_port),
            (cluster, there, True, here, _EPHEMERAL),
            (function, here, False, there, _EPHEMERAL),
        ]
        for side, subnet, is_egress, other, ports in crossings if here != there else ():
            entries = side.acls.get(subnet)
            if entries is not None and not _passes(entries, is_egress, other, ports):
                way = "to" if is_egress else "from"
                yield f"the network ACL of {subnet} stops ports {ports[0]}-{ports[-1]} {way} {other}"


_EPHEMERAL = range(32768, 61000)
"""The ports from which Linux opens connections, and to which answers return."""


def _passes(entries: Iterable[AclEntry], is_egress: bool, other: IPv4Network, ports: range) -> bool:
    """True if the first entry that fits allows it, for each address of `other` and each of the ports."""
    left = [(other, ports)]
    for entry in entries:
        if entry.is_egress != is_egress or entry.protocol not in _TCP:
            continue
        undecided = []
        for network, some in left:
            both = range(max(some.start, entry.ports.start), min(some.stop, entry.ports.stop))
            if not both or not entry.network.overlaps(network):
                undecided.append((network, some))
                continue
            if not entry.allows:
                return False
            inner = max(network, entry.network, key=lambda each: each.prefixlen)
            rest = (range(some.start, both.start), range(both.stop, some.stop))
            undecided += [(outside, some) for outside in network.address_exclude(inner)]
            undecided += [(inner, each) for each in rest if each]
        left = undecided
    return not left


def _open(rules: Iterable[Permission], port: int, other: Interfaces) -> bool:
    """True if `rules`, which are additive, open `port` between their owner and any subnet that `other` can be in."""
    names = {group.id for group in other.groups}
    fitting = [rule for rule in rules if rule.protocol in _TCP and port in rule.ports]
    if any(names & rule.groups for rule in fitting):
        return True
    networks = list(collapse_addresses(network for rule in fitting for network in rule.networks))
    return all(any(subnet.subnet_of(each) for each in networks) for subnet in other.subnets or _ANYWHERE)


def _names(interfaces: Interfaces) -> str:
    return ", ".join(group.id for group in interfaces.groups)
