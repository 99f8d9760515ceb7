"""Creates the network: VPC, subnets, route tables, security groups and endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from steps.cloudformation.declared import Clients, Properties
from steps.cloudformation.resources.api import Made, call, given, without

Maker = Callable[[Clients, Properties], Made]


def vpc(aws: Clients, p: Properties) -> Made:
    attributes = "EnableDnsSupport", "EnableDnsHostnames"
    made = _created(aws, "vpc", without(p, *attributes))["Vpc"]
    for attribute, value in given(p, *attributes).items():
        call(aws("ec2"), "modify_vpc_attribute", {"VpcId": made["VpcId"], attribute: {"Value": value}})
    return Made(made["VpcId"], given(made, "VpcId", "CidrBlock"))


def subnet(aws: Clients, p: Properties) -> Made:
    public = "MapPublicIpOnLaunch"
    made = _created(aws, "subnet", without(p, public))["Subnet"]
    if public in p:
        call(aws("ec2"), "modify_subnet_attribute", {"SubnetId": made["SubnetId"], public: {"Value": p[public]}})
    return Made(made["SubnetId"], given(made, "SubnetId", "VpcId", "AvailabilityZone", "CidrBlock"))


def route_table(aws: Clients, p: Properties) -> Made:
    made = _created(aws, "route-table", p)["RouteTable"]["RouteTableId"]
    return Made(made, {"RouteTableId": made})


def route_association(aws: Clients, p: Properties) -> Made:
    return Made(call(aws("ec2"), "associate_route_table", p)["AssociationId"])


def endpoint(aws: Clients, p: Properties) -> Made:
    made = _created(aws, "vpc-endpoint", p)["VpcEndpoint"]["VpcEndpointId"]
    return Made(made, {"Id": made})


def security_group(aws: Clients, p: Properties) -> Made:
    ours = "GroupDescription", "SecurityGroupIngress", "SecurityGroupEgress"
    description = {"Description": p["GroupDescription"]}
    group = _created(aws, "security-group", without(p, *ours) | description)["GroupId"]
    if "SecurityGroupEgress" in p:  # declared rules replace the default
        anywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        aws("ec2").revoke_security_group_egress(GroupId=group, IpPermissions=[anywhere])
    for direction in ("Ingress", "Egress"):
        for each in p.get(f"SecurityGroup{direction}", []):
            _authorize(aws, direction.lower(), each | {"GroupId": group})
    return Made(group, {"GroupId": group})


def security_group_rule(direction: str) -> Maker:
    """Return a function that creates rules of this `direction`, ingress or egress."""

    def make(aws: Clients, p: Properties) -> Made:
        rule = _authorize(aws, direction, p)
        return Made(rule, {"Id": rule})

    return make


def _authorize(aws: Clients, direction: str, p: Properties) -> str:
    """Create a rule and return its id; unknown properties stay in the permission, so that the API rejects them."""
    permission = without(p, "GroupId", "Description", *_PEERS)
    for name, (peers, key) in _PEERS.items():
        if name in p:
            permission[peers] = [{key: p[name], **given(p, "Description")}]
    arguments = {"GroupId": p["GroupId"], "IpPermissions": [permission]}
    answer = call(aws("ec2"), f"authorize_security_group_{direction}", arguments)
    return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])


_PEERS = {
    "CidrIp": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "SourceSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "DestinationSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "SourcePrefixListId": ("PrefixListIds", "PrefixListId"),
    "DestinationPrefixListId": ("PrefixListIds", "PrefixListId"),
}


def _created(aws: Clients, thing: str, p: Properties) -> Any:
    tagged = {"TagSpecifications": [{"ResourceType": thing, **given(p, "Tags")}]} if "Tags" in p else {}
    return call(aws("ec2"), f"create_{thing.replace('-', '_')}", without(p, "Tags") | tagged)
