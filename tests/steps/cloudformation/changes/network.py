"""What somebody may change in the network."""

from __future__ import annotations

from tests.steps.cloudformation.changes.making import makes
from tests.steps.cloudformation.conftest import Pipeline


@makes(("Vpc", "EnableDnsHostnames"))
def no_names_in_the_vpc(p: Pipeline) -> None:
    p.client("ec2").modify_vpc_attribute(VpcId=p["Vpc"], EnableDnsHostnames={"Value": False})


@makes(("PrivateSubnetA", "MapPublicIpOnLaunch"), ("PrivateSubnetA", "Tags[Name].Value"))
def a_public_subnet_of_another_name(p: Pipeline) -> None:
    subnet = p["PrivateSubnetA"]
    p.client("ec2").modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    p.client("ec2").create_tags(Resources=[subnet], Tags=[{"Key": "Name", "Value": "public"}])


@makes(("PrivateRouteTable", "Routes[0]"))
def a_route_to_the_internet(p: Pipeline) -> None:
    ec2 = p.client("ec2")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=p["Vpc"])
    ec2.create_route(RouteTableId=p["PrivateRouteTable"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)


@makes(("PrivateRouteB", "RouteTableId"))
def another_route_table(p: Pipeline) -> None:
    ec2 = p.client("ec2")
    other = ec2.create_route_table(VpcId=p["Vpc"])["RouteTable"]["RouteTableId"]
    ec2.replace_route_table_association(AssociationId=p["PrivateRouteB"], RouteTableId=other)


@makes(("AuroraFromLambda", ""), ("AuroraSecurityGroup", "SecurityGroupIngress[0]"))
def aurora_open_to_addresses_instead_of_the_functions(p: Pipeline) -> None:
    ec2, group = p.client("ec2"), p["AuroraSecurityGroup"]
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[p["AuroraFromLambda"]])
    anybody = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[anybody])


@makes(("LambdaSecurityGroup", "SecurityGroupEgress[0]"))
def functions_that_reach_nothing(p: Pipeline) -> None:
    anywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    p.client("ec2").revoke_security_group_egress(GroupId=p["LambdaSecurityGroup"], IpPermissions=[anywhere])


@makes(("EndpointFromLambda", "Description"))
def a_rule_described_otherwise(p: Pipeline) -> None:
    ec2, group = p.client("ec2"), p["EndpointSecurityGroup"]
    source = {"GroupId": p["LambdaSecurityGroup"], "Description": "anything"}
    same = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [source]}
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[p["EndpointFromLambda"]])
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[same])


@makes(("S3Endpoint", "RouteTableIds"))
def an_endpoint_without_routes(p: Pipeline) -> None:
    p.client("ec2").modify_vpc_endpoint(VpcEndpointId=p["S3Endpoint"], RemoveRouteTableIds=[p["PrivateRouteTable"]])


@makes(("DynamoDBEndpoint", ""))
def an_endpoint_deleted(p: Pipeline) -> None:
    p.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[p["DynamoDBEndpoint"]])
