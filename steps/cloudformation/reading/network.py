"""Reads the network: VPC, subnets, routes, security groups and endpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from steps.cloudformation.declared import Clients, Declared, Properties, fits
from steps.cloudformation.meaning import parsed
from steps.cloudformation.reading.api import every, only

Reader = Callable[[Clients, Declared], Properties | None]


def vpc(aws: Clients, declared: Declared) -> Properties:
    found = only(aws("ec2"), "describe_vpcs", "Vpcs", VpcIds=[declared.ref])

    def attribute(name: str) -> Any:
        asked = name[0].lower() + name[1:]
        return aws("ec2").describe_vpc_attribute(VpcId=declared.ref, Attribute=asked)[name]["Value"]

    return found | {name: attribute(name) for name in ("EnableDnsSupport", "EnableDnsHostnames")}


def subnet(aws: Clients, declared: Declared) -> Properties:
    return only(aws("ec2"), "describe_subnets", "Subnets", SubnetIds=[declared.ref])


def route_table(aws: Clients, declared: Declared) -> Properties:
    """Include only routes that were added: AWS creates those of the VPC itself and of gateway endpoints."""
    found = only(aws("ec2"), "describe_route_tables", "RouteTables", RouteTableIds=[declared.ref])
    added = [
        route
        for route in found["Routes"]
        if route.get("Origin") == "CreateRoute" and not route.get("GatewayId", "").startswith("vpce-")
    ]
    return found | {"Routes": added}


def route_association(aws: Clients, declared: Declared) -> Properties | None:
    """The route table of the declared subnet; a subnet has at most one association."""
    subnet = declared.properties["SubnetId"]
    of_subnet = [{"Name": "association.subnet-id", "Values": [subnet]}]
    for found in every(aws("ec2"), "describe_route_tables", "RouteTables", Filters=of_subnet):
        return {"SubnetId": subnet, "RouteTableId": found["RouteTableId"]}
    return None


def endpoint(aws: Clients, declared: Declared) -> Properties | None:
    found = only(aws("ec2"), "describe_vpc_endpoints", "VpcEndpoints", VpcEndpointIds=[declared.ref])
    if found["State"].lower() in ("deleting", "deleted"):
        return None
    groups = [group["GroupId"] for group in found["Groups"] or ()]
    return found | {"SecurityGroupIds": groups, "PolicyDocument": parsed(found["PolicyDocument"])}


def security_group(aws: Clients, declared: Declared) -> Properties:
    found = _group(aws, declared.ref)
    return found | {
        "GroupDescription": found["Description"],
        "SecurityGroupIngress": list(_rules(found, "ingress")),
        "SecurityGroupEgress": list(_rules(found, "egress")),
    }


def security_group_rule(direction: str) -> Reader:
    """Return a reader that finds the rule of this `direction` (ingress or egress) with the declared ports and peer."""

    def read(aws: Clients, declared: Declared) -> Properties | None:
        wanted = declared.properties
        for rule in _rules(_group(aws, wanted["GroupId"]), direction):
            if all(fits(str(rule.get(name, "")), str(wanted.get(name, ""))) for name in _LETS):
                return {"Description": None} | rule | {"GroupId": wanted["GroupId"]}
        return None

    return read


def _group(aws: Clients, id: str) -> Properties:
    return only(aws("ec2"), "describe_security_groups", "SecurityGroups", GroupIds=[id])


def _rules(group: Properties, direction: str) -> Iterator[Properties]:
    """One rule for each peer, with CloudFormation's property names."""
    permissions, peer = _DIRECTIONS[direction]
    peers = {
        "UserIdGroupPairs": ("GroupId", f"{peer}SecurityGroupId"),
        "IpRanges": ("CidrIp", "CidrIp"),
        "Ipv6Ranges": ("CidrIpv6", "CidrIpv6"),
        "PrefixListIds": ("PrefixListId", f"{peer}PrefixListId"),
    }
    for permission in group[permissions]:
        what = {name: permission[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in permission}
        for kind, (theirs, ours) in peers.items():
            for each in permission.get(kind, ()):
                described = {"Description": each["Description"]} if each.get("Description") else {}
                yield what | {ours: each[theirs]} | described


_DIRECTIONS = {"ingress": ("IpPermissions", "Source"), "egress": ("IpPermissionsEgress", "Destination")}
_LETS = ["IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6"] + [
    f"{peer}{what}" for peer in ("Source", "Destination") for what in ("SecurityGroupId", "PrefixListId")
]
