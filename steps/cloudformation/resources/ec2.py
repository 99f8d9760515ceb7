"""The network of EC2: VPCs, subnets, route tables, security groups and endpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from steps.cloudformation.declared import Clients, Declared, Properties, fits, has_unknown
from steps.cloudformation.resources.api import call, get_all, get_first, omit, parse, pick
from steps.cloudformation.resources.resource_type import Identity, ResourceType

_LISTS = {
    "RouteTable": ("describe_route_tables", "RouteTables", "RouteTableId"),
    "SecurityGroup": ("describe_security_groups", "SecurityGroups", "GroupId"),
    "Subnet": ("describe_subnets", "Subnets", "SubnetId"),
    "VPC": ("describe_vpcs", "Vpcs", "VpcId"),
    "VPCEndpoint": ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
}
"""The operation that lists the resources, its result list, and the name of their id."""


def _create(aws: Clients, kind: str, p: Properties) -> Any:
    tags = {"TagSpecifications": [{"ResourceType": kind, **pick(p, "Tags")}]} if "Tags" in p else {}
    return call(aws("ec2"), f"create_{kind.replace('-', '_')}", omit(p, "Tags") | tags)


def _describe(aws: Clients, kind: str, ref: str) -> Properties:
    operation, key, id = _LISTS[kind]
    return get_first(aws("ec2"), operation, key, **{f"{id}s": [ref]})


def _find_by(kind: str, **filters: str) -> Callable[[Clients, Properties], str | None]:
    """Return a `find` that searches by tags and by properties, which `filters` maps to the names of EC2's filters."""
    operation, key, id = _LISTS[kind]

    def find(aws: Clients, p: Properties) -> str | None:
        wanted = {name: p[property] for property, name in filters.items() if property in p}
        wanted |= {f"tag:{tag['Key']}": tag["Value"] for tag in p.get("Tags", [])}
        known = [{"Name": name, "Values": [value]} for name, value in wanted.items() if not has_unknown(value)]
        found = get_all(aws("ec2"), operation, key, Filters=known)
        return str(found[0][id]) if len(found) == 1 else None

    return find


_DNS = "EnableDnsSupport", "EnableDnsHostnames"


def create_vpc(aws: Clients, p: Properties) -> Identity:
    created = _create(aws, "vpc", omit(p, *_DNS))["Vpc"]
    for attribute, value in pick(p, *_DNS).items():
        call(aws("ec2"), "modify_vpc_attribute", {"VpcId": created["VpcId"], attribute: {"Value": value}})
    return Identity(created["VpcId"], pick(created, "VpcId", "CidrBlock"))


def read_vpc(aws: Clients, declared: Declared) -> Properties:
    def read(attribute: str) -> Any:
        name = attribute[0].lower() + attribute[1:]
        return aws("ec2").describe_vpc_attribute(VpcId=declared.ref, Attribute=name)[attribute]["Value"]

    return _describe(aws, "VPC", declared.ref) | {attribute: read(attribute) for attribute in _DNS}


def create_subnet(aws: Clients, p: Properties) -> Identity:
    public = "MapPublicIpOnLaunch"
    created = _create(aws, "subnet", omit(p, public))["Subnet"]
    if public in p:
        call(aws("ec2"), "modify_subnet_attribute", {"SubnetId": created["SubnetId"], public: {"Value": p[public]}})
    return Identity(created["SubnetId"], pick(created, "SubnetId", "VpcId", "AvailabilityZone", "CidrBlock"))


def read_subnet(aws: Clients, declared: Declared) -> Properties:
    return _describe(aws, "Subnet", declared.ref)


def create_route_table(aws: Clients, p: Properties) -> Identity:
    id = _create(aws, "route-table", p)["RouteTable"]["RouteTableId"]
    return Identity(id, {"RouteTableId": id})


def read_route_table(aws: Clients, declared: Declared) -> Properties:
    """Include only routes that were added: AWS creates those of the VPC itself and of gateway endpoints."""
    found = _describe(aws, "RouteTable", declared.ref)
    added = [
        route
        for route in found["Routes"]
        if route.get("Origin") == "CreateRoute" and not route.get("GatewayId", "").startswith("vpce-")
    ]
    return found | {"Routes": added}


def create_association(aws: Clients, p: Properties) -> Identity:
    return Identity(call(aws("ec2"), "associate_route_table", p)["AssociationId"])


def read_association(aws: Clients, declared: Declared) -> Properties | None:
    """The route table of the declared subnet; a subnet has at most one association."""
    subnet = declared.properties["SubnetId"]
    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    for found in get_all(aws("ec2"), "describe_route_tables", "RouteTables", Filters=filters):
        return {"SubnetId": subnet, "RouteTableId": found["RouteTableId"]}
    return None


def create_endpoint(aws: Clients, p: Properties) -> Identity:
    id = _create(aws, "vpc-endpoint", p)["VpcEndpoint"]["VpcEndpointId"]
    return Identity(id, {"Id": id})


def read_endpoint(aws: Clients, declared: Declared) -> Properties | None:
    found = _describe(aws, "VPCEndpoint", declared.ref)
    if found["State"].lower() in ("deleting", "deleted"):
        return None
    groups = [group["GroupId"] for group in found["Groups"] or ()]
    return found | {"SecurityGroupIds": groups, "PolicyDocument": parse(found["PolicyDocument"])}


_PEERS = {
    "CidrIp": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "SourceSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "DestinationSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "SourcePrefixListId": ("PrefixListIds", "PrefixListId"),
    "DestinationPrefixListId": ("PrefixListIds", "PrefixListId"),
}
"""The peer's property in a rule -> the permission's list of such peers, and its key there."""
_DIRECTIONS = {
    "Ingress": ("authorize_security_group_ingress", "IpPermissions", "Destination"),
    "Egress": ("authorize_security_group_egress", "IpPermissionsEgress", "Source"),
}
"""The direction -> the operation, the list of permissions, and the start of the other direction's peers."""
_ALLOWED = "IpProtocol", "FromPort", "ToPort"


def create_security_group(aws: Clients, p: Properties) -> Identity:
    rules = {direction: p.get(f"SecurityGroup{direction}", []) for direction in _DIRECTIONS}
    own = omit(p, "GroupDescription", "SecurityGroupIngress", "SecurityGroupEgress")
    group = _create(aws, "security-group", own | {"Description": p["GroupDescription"]})["GroupId"]
    if "SecurityGroupEgress" in p:  # declared rules replace the default
        anywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        aws("ec2").revoke_security_group_egress(GroupId=group, IpPermissions=[anywhere])
    for direction, declared in rules.items():
        for each in declared:
            _authorize(aws, direction, each | {"GroupId": group})
    return Identity(group, {"GroupId": group})


def _authorize(aws: Clients, direction: str, p: Properties) -> str:
    """Create a rule and return its id; unknown properties stay in the permission, so that the API rejects them."""
    permission = omit(p, "GroupId", "Description", *_PEERS)
    for name, (peers, key) in _PEERS.items():
        if name in p:
            permission[peers] = [{key: p[name], **pick(p, "Description")}]
    answer = call(aws("ec2"), _DIRECTIONS[direction][0], {"GroupId": p["GroupId"], "IpPermissions": [permission]})
    return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def read_security_group(aws: Clients, declared: Declared) -> Properties:
    found = _describe(aws, "SecurityGroup", declared.ref)
    rules = {f"SecurityGroup{direction}": list(_list_rules(found, direction)) for direction in _DIRECTIONS}
    return found | {"GroupDescription": found["Description"]} | rules


def _list_rules(group: Properties, direction: str) -> Iterator[Properties]:
    """One rule for each peer, with CloudFormation's property names."""
    _, permissions, other = _DIRECTIONS[direction]
    for permission in group[permissions]:
        for name, (peers, key) in _PEERS.items():
            for each in permission.get(peers, ()) if not name.startswith(other) else ():
                described = {"Description": each["Description"]} if each.get("Description") else {}
                yield pick(permission, *_ALLOWED) | {name: each[key]} | described


def _rule_type(direction: str) -> ResourceType:
    """The type of a rule that is declared apart from its group; it is found by its ports and its peer."""

    def create(aws: Clients, p: Properties) -> Identity:
        rule = _authorize(aws, direction, p)
        return Identity(rule, {"Id": rule})

    def read(aws: Clients, declared: Declared) -> Properties | None:
        wanted = declared.properties
        for rule in _list_rules(_describe(aws, "SecurityGroup", wanted["GroupId"]), direction):
            if all(fits(str(rule.get(name, "")), str(wanted.get(name, ""))) for name in (*_ALLOWED, *_PEERS)):
                return {"Description": None} | rule | {"GroupId": wanted["GroupId"]}
        return None

    name = f"AWS::EC2::SecurityGroup{direction}"
    return ResourceType(name, create, read, ref="sgr-{id}", attributes={"Id": "{ref}"}, is_read_by_properties=True)


TYPES = [
    ResourceType(
        "AWS::EC2::RouteTable",
        create_route_table,
        read_route_table,
        ref="rtb-{id}",
        attributes={"RouteTableId": "{ref}"},
        find=_find_by("RouteTable", VpcId="vpc-id"),
        implied={"Routes": []},
    ),
    ResourceType(
        "AWS::EC2::SecurityGroup",
        create_security_group,
        read_security_group,
        ref="sg-{id}",
        attributes={"GroupId": "{ref}"},
        find=_find_by("SecurityGroup", VpcId="vpc-id", GroupName="group-name"),
        implied={
            "SecurityGroupIngress": [],
            "SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}],
        },
    ),
    _rule_type("Egress"),
    _rule_type("Ingress"),
    ResourceType(
        "AWS::EC2::Subnet",
        create_subnet,
        read_subnet,
        ref="subnet-{id}",
        attributes={"SubnetId": "{ref}"},
        find=_find_by("Subnet", VpcId="vpc-id", CidrBlock="cidr-block"),
    ),
    ResourceType(
        "AWS::EC2::SubnetRouteTableAssociation",
        create_association,
        read_association,
        ref="rtbassoc-{id}",
        attributes={"Id": "{ref}"},
        is_read_by_properties=True,
    ),
    ResourceType(
        "AWS::EC2::VPC",
        create_vpc,
        read_vpc,
        ref="vpc-{id}",
        attributes={"VpcId": "{ref}"},
        find=_find_by("VPC", CidrBlock="cidr"),
    ),
    ResourceType(
        "AWS::EC2::VPCEndpoint",
        create_endpoint,
        read_endpoint,
        ref="vpce-{id}",
        attributes={"Id": "{ref}"},
        find=_find_by("VPCEndpoint", VpcId="vpc-id", ServiceName="service-name"),
    ),
]
