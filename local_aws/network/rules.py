"""Decides whether a function reaches a cluster by AWS's rules of VPCs and security groups; without I/O.

https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, collapse_addresses
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


class Interfaces(NamedTuple):
    """The network interfaces of a function or a cluster, which can be in any of its subnets."""

    groups: tuple[SecurityGroup, ...]
    subnets: tuple[IPv4Network, ...]
    """Empty if unknown: only a rule for all addresses then covers them."""


def barrier(function: Interfaces, cluster: Interfaces, port: int) -> str | None:
    """Returns the reason why `function` does not reach the TCP `port` of `cluster`, as a clause; None if it does.

    CIDR rules must cover every address of the other side's subnets; prefix lists and IPv6 rules open nothing. Within a
    VPC there is always a route; network ACLs are assumed to have their default, open.
    """
    if not function.groups:
        return "it is in no VPC"
    if cluster.groups and {each.vpc for each in function.groups}.isdisjoint(each.vpc for each in cluster.groups):
        return "it is in another VPC"
    if not _open((rule for group in cluster.groups for rule in group.ingress), port, function):
        return f"no security group of the cluster admits {_names(function)} on port {port}"
    if not _open((rule for group in function.groups for rule in group.egress), port, cluster):
        return f"{_names(function)} lets nothing out to the cluster on port {port}"
    return None


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
