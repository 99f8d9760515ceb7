"""Reads the network interfaces of functions and clusters from the Lambda, RDS and EC2 APIs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from ipaddress import IPv4Network
from typing import NamedTuple
from xml.etree.ElementTree import Element

from local_aws.internal_client import Wire
from local_aws.lambda_.spec import FunctionSpec
from local_aws.network.rules import AclEntry, Interfaces, Permission, SecurityGroup, barrier

_ALL_PORTS = range(65_536)


class _Region(NamedTuple):
    """The security groups, subnets and network ACLs of the subnets of a region, by id."""

    groups: Mapping[str, SecurityGroup]
    subnets: Mapping[str, IPv4Network]
    acls: Mapping[str, tuple[AclEntry, ...]]

    def interfaces(self, groups: Iterable[str], subnets: Iterable[str]) -> Interfaces:
        """Returns interfaces in these groups and subnets; skips ids that no longer exist."""
        return Interfaces(
            tuple(self.groups[each] for each in groups if each in self.groups),
            tuple(self.subnets[each] for each in subnets if each in self.subnets),
            {self.subnets[each]: self.acls[each] for each in subnets if each in self.subnets and each in self.acls},
        )


def barrier_before_aurora(wire: Wire, spec: FunctionSpec) -> str | None:
    """Returns the reason why a function reaches no cluster of its region, as a clause; None if it reaches one.

    One PostgreSQL stands for all clusters that RDS knows; if RDS knows none, no function reaches it.
    """
    region = _region(wire, spec.region)
    function = _function(wire, spec, region)
    barriers = {
        name: barrier(function, interfaces, port) for name, port, interfaces in _clusters(wire, spec.region, region)
    }
    if not barriers:
        return "RDS knows no cluster"
    if None in barriers.values():
        return None
    return "; ".join(f"before {name}: {reason}" for name, reason in barriers.items())


def _function(wire: Wire, spec: FunctionSpec, region: _Region) -> Interfaces:
    path = f"/2015-03-31/functions/{spec.name}/configuration"
    answer = wire.send("lambda", spec.region, "GET", path, query={"Qualifier": spec.version})
    config = json.loads(answer.get_data()).get("VpcConfig") or {}  # a deleted function has no VpcConfig
    return region.interfaces(config.get("SecurityGroupIds", ()), config.get("SubnetIds", ()))


def _clusters(wire: Wire, name: str, region: _Region) -> Iterable[tuple[str, int, Interfaces]]:
    """Yields the name, port and interfaces of each cluster."""
    answer = wire.query("rds", "DescribeDBSubnetGroups", {}, region=name)
    subnets = {
        _text(group, "DBSubnetGroupName"): [each.text or "" for each in group.iterfind(".//SubnetIdentifier")]
        for group in answer.iterfind(".//DBSubnetGroup")
    }
    for cluster in wire.query("rds", "DescribeDBClusters", {}, region=name).iterfind(".//DBCluster"):
        groups = [each.text or "" for each in cluster.iterfind(".//VpcSecurityGroupId")]
        interfaces = region.interfaces(groups, subnets.get(_text(cluster, "DBSubnetGroup"), ()))
        yield _text(cluster, "DBClusterIdentifier"), int(_text(cluster, "Port")), interfaces


def _region(wire: Wire, name: str) -> _Region:
    groups = wire.query("ec2", "DescribeSecurityGroups", {}, region=name).iterfind("securityGroupInfo/item")
    subnets = wire.query("ec2", "DescribeSubnets", {}, region=name).iterfind("subnetSet/item")
    acls = wire.query("ec2", "DescribeNetworkAcls", {}, region=name).iterfind("networkAclSet/item")
    entries = cache(lambda prefix_list: _entries(wire, name, prefix_list))
    return _Region(
        {_text(group, "groupId"): _security_group(group, entries) for group in groups},
        {_text(subnet, "subnetId"): IPv4Network(_text(subnet, "cidrBlock")) for subnet in subnets},
        {_text(each, "subnetId"): _acl(acl) for acl in acls for each in acl.iterfind("associationSet/item")},
    )


def _entries(wire: Wire, region: str, prefix_list: str) -> list[IPv4Network]:
    """The IPv4 networks in a prefix list."""
    answer = wire.query("ec2", "GetManagedPrefixListEntries", {"PrefixListId": prefix_list}, region=region)
    found = [each.text or "" for each in answer.iterfind("entrySet/item/cidr")]
    return [IPv4Network(each) for each in found if ":" not in each]


def _acl(item: Element) -> tuple[AclEntry, ...]:
    entries = sorted(item.iterfind("entrySet/item"), key=lambda each: int(_text(each, "ruleNumber")))
    return tuple(
        AclEntry(
            is_egress=_text(each, "egress") == "true",
            protocol=_text(each, "protocol"),
            ports=_ports(_text(each, "portRange/from"), _text(each, "portRange/to")),
            network=IPv4Network(_text(each, "cidrBlock")),
            allows=_text(each, "ruleAction") == "allow",
        )
        for each in entries
        if _text(each, "cidrBlock")
    )


def _ports(first: str, last: str) -> range:
    return range(int(first), int(last) + 1) if first not in ("", "-1") else _ALL_PORTS


def _security_group(item: Element, entries: Callable[[str], list[IPv4Network]]) -> SecurityGroup:
    ingress, egress = (
        tuple(_permission(each, entries) for each in item.iterfind(f"{name}/item"))
        for name in ("ipPermissions", "ipPermissionsEgress")
    )
    return SecurityGroup(_text(item, "groupId"), _text(item, "vpcId"), ingress, egress)


def _permission(item: Element, entries: Callable[[str], list[IPv4Network]]) -> Permission:
    networks = [IPv4Network(each.text or "", strict=False) for each in item.iterfind("ipRanges/item/cidrIp")]
    lists = [each.text or "" for each in item.iterfind("prefixListIds/item/prefixListId")]
    return Permission(
        protocol=_text(item, "ipProtocol"),
        ports=_ports(_text(item, "fromPort"), _text(item, "toPort")),
        groups=frozenset(each.text or "" for each in item.iterfind("groups/item/groupId")),
        networks=(*networks, *(network for each in lists for network in entries(each))),
    )


def _text(element: Element, name: str) -> str:
    return element.findtext(name) or ""
