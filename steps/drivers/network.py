"""The network as EC2 describes it: subnets, their routes and ACLs, security groups, prefix lists, VPC endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client


@dataclass(frozen=True)
class Network:
    """EC2's descriptions of some subnets and security groups, by id; one that does not exist is absent.

    `routes` are the routes of each subnet, from its own route table or else from its VPC's main one; `acls` the network
    ACL of each subnet; `prefix_lists` the networks in each prefix list that a security group names. `dns_off`: the VPCs
    that resolve no names, or give no private names, by the attribute that is off.
    """

    subnets: Mapping[str, Mapping[str, Any]]
    routes: Mapping[str, list[Mapping[str, Any]]]
    groups: Mapping[str, Mapping[str, Any]]
    endpoints: list[Mapping[str, Any]]
    acls: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    prefix_lists: Mapping[str, list[str]] = field(default_factory=dict)
    dns_off: Mapping[str, str] = field(default_factory=dict)


def network(ec2: EC2Client, subnets: Iterable[str], groups: Iterable[str]) -> Network:
    """Read what decides whether functions in these subnets reach AWS; includes the endpoints' subnets and groups."""
    found = {s["SubnetId"]: s for s in _those(ec2, "describe_subnets", "Subnets", "subnet-id", subnets)}
    vpcs = sorted({subnet["VpcId"] for subnet in found.values()})
    tables = _those(ec2, "describe_route_tables", "RouteTables", "vpc-id", vpcs)
    endpoints = _those(ec2, "describe_vpc_endpoints", "VpcEndpoints", "vpc-id", vpcs)
    of_endpoints = {id for endpoint in endpoints for id in endpoint.get("SubnetIds", ())} - found.keys()
    found |= {s["SubnetId"]: s for s in _those(ec2, "describe_subnets", "Subnets", "subnet-id", of_endpoints)}
    acls = _those(ec2, "describe_network_acls", "NetworkAcls", "vpc-id", vpcs)
    wanted = {*groups, *(group["GroupId"] for endpoint in endpoints for group in endpoint["Groups"])}
    found_groups = _those(ec2, "describe_security_groups", "SecurityGroups", "group-id", wanted)
    return Network(
        subnets=found,
        routes={id: _routes(tables, id, subnet["VpcId"]) for id, subnet in found.items()},
        groups={group["GroupId"]: group for group in found_groups},
        endpoints=endpoints,
        acls={each["SubnetId"]: acl for acl in acls for each in acl["Associations"]},
        prefix_lists={id: _entries(ec2, id) for id in sorted(_named_lists(found_groups))},
        dns_off={vpc: off for vpc in vpcs if (off := _dns_off(ec2, vpc))},
    )


def _dns_off(ec2: EC2Client, vpc: str) -> str | None:
    """Return the attribute of the VPC that keeps names from being resolved; None if it is on, or may not be read."""
    with suppress(ClientError):  # the permission came later than the others: without it, both count as on
        if not ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsSupport")["EnableDnsSupport"]["Value"]:
            return "EnableDnsSupport"
        if not ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"]:
            return "EnableDnsHostnames"
    return None


def resource_names(network: Network) -> dict[str, str]:
    """Return names by id: the tag Name, or the logical id that CloudFormation tags, or a group's own name."""
    endpoints = {each["VpcEndpointId"]: each for each in network.endpoints}
    found = {}
    for id, each in {**network.subnets, **network.groups, **endpoints}.items():
        tags = {tag["Key"]: tag["Value"] for tag in each.get("Tags", ())}
        found[id] = tags.get("Name") or tags.get("aws:cloudformation:logical-id") or each.get("GroupName")
    return {id: name for id, name in found.items() if name}


def _named_lists(groups: Iterable[Mapping[str, Any]]) -> set[str]:
    rules = [rule for group in groups for side in ("IpPermissions", "IpPermissionsEgress") for rule in group[side]]
    return {each["PrefixListId"] for rule in rules for each in rule.get("PrefixListIds", ())}


def _entries(ec2: EC2Client, prefix_list: str) -> list[str]:
    pages = ec2.get_paginator("get_managed_prefix_list_entries").paginate(PrefixListId=prefix_list)
    return [each["Cidr"] for page in pages for each in page["Entries"]]


def _those(ec2: EC2Client, operation: Any, key: str, name: str, values: Iterable[str]) -> list[Mapping[str, Any]]:
    """Describe the resources whose filter `name` matches one of `values`; with a filter, unknown ids are no error."""
    wanted = sorted(set(values))
    if not wanted:
        return []
    pages: Any = ec2.get_paginator(operation).paginate(Filters=[{"Name": name, "Values": wanted}])
    return [each for page in pages for each in page[key]]


def _routes(tables: list[Mapping[str, Any]], subnet: str, vpc: str) -> list[Mapping[str, Any]]:
    def associated(table: Mapping[str, Any]) -> bool:
        return any(each.get("SubnetId") == subnet for each in table["Associations"])

    def main(table: Mapping[str, Any]) -> bool:
        return table["VpcId"] == vpc and any(each.get("Main") for each in table["Associations"])

    own = [table for table in tables if associated(table)] or [table for table in tables if main(table)]
    return [route for table in own for route in table["Routes"]]
