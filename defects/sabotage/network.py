"""Changes to the network of the functions."""

from __future__ import annotations

from defects.sabotage.aws import aws, names


def close_egress(group: str) -> None:
    """Revoke all outbound rules of the security group with this name."""
    ec2 = aws("ec2")
    (found,) = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [group]}])["SecurityGroups"]
    ec2.revoke_security_group_egress(GroupId=found["GroupId"], IpPermissions=found["IpPermissionsEgress"])


def open_to_the_internet() -> None:
    """Add a route from the functions' subnets to an internet gateway."""
    ec2, (splitter, _) = aws("ec2"), names().functions
    network = aws("lambda").get_function_configuration(FunctionName=splitter)["VpcConfig"]
    of_subnet = [{"Name": "association.subnet-id", "Values": network["SubnetIds"][:1]}]
    (table,) = ec2.describe_route_tables(Filters=of_subnet)["RouteTables"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=table["VpcId"])
    ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)


def stop_answers() -> None:
    """Give the functions' first subnet a network ACL that lets HTTPS and PostgreSQL out, and no answers in."""
    ec2, (splitter, _) = aws("ec2"), names().functions
    subnet = aws("lambda").get_function_configuration(FunctionName=splitter)["VpcConfig"]["SubnetIds"][0]
    (old,) = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["NetworkAcls"]
    acl = ec2.create_network_acl(VpcId=old["VpcId"])["NetworkAcl"]["NetworkAclId"]
    for number, is_out, first, last in ((100, True, 1, 65535), (100, False, 443, 443), (110, False, 5432, 5432)):
        ec2.create_network_acl_entry(
            NetworkAclId=acl,
            RuleNumber=number,
            Egress=is_out,
            Protocol="6",
            RuleAction="allow",
            CidrBlock="0.0.0.0/0",
            PortRange={"From": first, "To": last},
        )
    (association,) = [each["NetworkAclAssociationId"] for each in old["Associations"] if each["SubnetId"] == subnet]
    ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl)
