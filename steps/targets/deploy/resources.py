"""One small function for each CloudFormation type: make the resource through AWS's API, say its Ref and attributes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Properties = dict[str, Any]
Clients = Callable[[str], Any]


@dataclass(frozen=True)
class Made:
    """A resource that exists: what Ref answers, and what Fn::GetAtt answers by attribute name."""

    ref: str
    attributes: dict[str, Any] = field(default_factory=dict)


def _bucket(aws: Clients, p: Properties) -> Made:
    s3, name = aws("s3"), p["BucketName"]
    region = s3.meta.region_name
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)
    if versioning := p.get("VersioningConfiguration"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning)
    if access := p.get("PublicAccessBlockConfiguration"):
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=access)
    if p.get("NotificationConfiguration", {}).get("EventBridgeConfiguration") is not None:
        s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
    return Made(name, {"Arn": f"arn:aws:s3:::{name}"})


def _table(aws: Clients, p: Properties) -> Made:
    dynamodb, name = aws("dynamodb"), p["TableName"]
    ttl = p.get("TimeToLiveSpecification")
    wanted = _only(p, "TableName AttributeDefinitions KeySchema BillingMode GlobalSecondaryIndexes Tags")
    arn = dynamodb.create_table(**wanted)["TableDescription"]["TableArn"]
    if ttl:
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
    return Made(name, {"Arn": arn})


def _role(aws: Clients, p: Properties) -> Made:
    iam, name = aws("iam"), p["RoleName"]
    document = json.dumps(p["AssumeRolePolicyDocument"])
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, Path=p.get("Path", "/"))["Role"]
    for policy in p.get("Policies", []):
        iam.put_role_policy(
            RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=json.dumps(policy["PolicyDocument"])
        )
    for arn in p.get("ManagedPolicyArns", []):
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    return Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _secret(aws: Clients, p: Properties) -> Made:
    made = aws("secretsmanager").create_secret(**_only(p, "Name Description SecretString"))
    return Made(made["ARN"])


def _rule(aws: Clients, p: Properties) -> Made:
    events, name = aws("events"), p["Name"]
    known = _only(p, "Name Description State RoleArn EventBusName ScheduleExpression")
    arn = events.put_rule(**known, EventPattern=json.dumps(p["EventPattern"]))["RuleArn"]
    failed = events.put_targets(Rule=name, Targets=p.get("Targets", []))["FailedEntries"]
    if failed:
        raise ValueError(f"targets of rule {name}: {failed}")
    return Made(name, {"Arn": arn})


def _log_group(aws: Clients, p: Properties) -> Made:
    logs, name = aws("logs"), p["LogGroupName"]
    logs.create_log_group(logGroupName=name)
    if days := p.get("RetentionInDays"):
        logs.put_retention_policy(logGroupName=name, retentionInDays=int(days))
    return Made(name)


def _layer(aws: Clients, p: Properties) -> Made:
    known = _only(p, "LayerName Description Content CompatibleRuntimes CompatibleArchitectures LicenseInfo")
    return Made(aws("lambda").publish_layer_version(**known)["LayerVersionArn"])


def _function(aws: Clients, p: Properties) -> Made:
    known = _only(
        p,
        "FunctionName Runtime Role Handler Code Description Timeout MemorySize VpcConfig Environment Layers"
        " Architectures TracingConfig EphemeralStorage LoggingConfig DeadLetterConfig",
    )
    for number in ("Timeout", "MemorySize"):
        if number in known:
            known[number] = int(known[number])
    if variables := known.get("Environment", {}).get("Variables"):
        known["Environment"] = {"Variables": {name: str(value) for name, value in variables.items()}}
    client = aws("lambda")
    arn = client.create_function(**known, Tags=_tags(p))["FunctionArn"]
    if (reserved := p.get("ReservedConcurrentExecutions")) is not None:
        client.put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=int(reserved))
    return Made(p["FunctionName"], {"Arn": arn})


def _state_machine(aws: Clients, p: Properties) -> Made:
    where = p["DefinitionS3Location"]
    body = aws("s3").get_object(Bucket=where["Bucket"], Key=where["Key"])["Body"].read().decode()
    values = {name: str(value) for name, value in p.get("DefinitionSubstitutions", {}).items()}
    definition = re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], match[0]), body)
    made = aws("stepfunctions").create_state_machine(
        name=p["StateMachineName"],
        definition=definition,
        roleArn=p["RoleArn"],
        type=p.get("StateMachineType", "STANDARD"),
    )
    return Made(made["stateMachineArn"], {"Arn": made["stateMachineArn"], "Name": p["StateMachineName"]})


def _ec2(operation: str, answer: str, key: str, known: str) -> Callable[[Clients, Properties], Made]:
    """A network resource, whose properties have the API's own names."""

    def make(aws: Clients, p: Properties) -> Made:
        found = getattr(aws("ec2"), operation)(**_only(p, known))[answer]
        return Made(found[key], {key: found[key]})

    return make


def _vpc(aws: Clients, p: Properties) -> Made:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock=p["CidrBlock"])["Vpc"]["VpcId"]
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        if attribute in p:
            ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": bool(p[attribute])}})
    return Made(vpc, {"VpcId": vpc, "CidrBlock": p["CidrBlock"]})


def _security_group(aws: Clients, p: Properties) -> Made:
    ec2 = aws("ec2")
    made = ec2.create_security_group(GroupName=p["GroupName"], Description=p["GroupDescription"], **_only(p, "VpcId"))[
        "GroupId"
    ]
    if ingress := p.get("SecurityGroupIngress"):
        ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[_permission(each) for each in ingress])
    if egress := p.get("SecurityGroupEgress"):
        anywhere = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        ec2.revoke_security_group_egress(GroupId=made, IpPermissions=anywhere)  # declared rules replace the default
        ec2.authorize_security_group_egress(GroupId=made, IpPermissions=[_permission(each) for each in egress])
    return Made(made, {"GroupId": made})


def _security_group_rule(direction: str) -> Callable[[Clients, Properties], Made]:
    def make(aws: Clients, p: Properties) -> Made:
        authorize = getattr(aws("ec2"), f"authorize_security_group_{direction}")
        authorize(GroupId=p["GroupId"], IpPermissions=[_permission(p)])
        return Made(f"{p['GroupId']}-{direction}-{p.get('FromPort', 'all')}")

    return make


def _permission(p: Properties) -> Properties:
    permission: Properties = {"IpProtocol": str(p["IpProtocol"])}
    permission |= {port: int(p[port]) for port in ("FromPort", "ToPort") if port in p}
    if "CidrIp" in p:
        permission["IpRanges"] = [{"CidrIp": p["CidrIp"]}]
    group = p.get("SourceSecurityGroupId") or p.get("DestinationSecurityGroupId")
    if group:
        permission["UserIdGroupPairs"] = [{"GroupId": group}]
    prefix = p.get("DestinationPrefixListId") or p.get("SourcePrefixListId")
    if prefix:
        permission["PrefixListIds"] = [{"PrefixListId": prefix}]
    return permission


def _route_association(aws: Clients, p: Properties) -> Made:
    return Made(aws("ec2").associate_route_table(**_only(p, "RouteTableId SubnetId"))["AssociationId"])


def _endpoint(aws: Clients, p: Properties) -> Made:
    known = _only(p, "VpcId ServiceName VpcEndpointType RouteTableIds SubnetIds SecurityGroupIds PrivateDnsEnabled")
    return Made(aws("ec2").create_vpc_endpoint(**known)["VpcEndpoint"]["VpcEndpointId"])


def _subnet_group(aws: Clients, p: Properties) -> Made:
    known = _only(p, "DBSubnetGroupName DBSubnetGroupDescription SubnetIds")
    aws("rds").create_db_subnet_group(**known)
    return Made(p["DBSubnetGroupName"])


def _cluster(aws: Clients, p: Properties) -> Made:
    known = _only(
        p,
        "DBClusterIdentifier Engine EngineVersion DatabaseName MasterUsername MasterUserPassword DBSubnetGroupName"
        " VpcSecurityGroupIds Port StorageEncrypted DeletionProtection BackupRetentionPeriod",
    )
    made = aws("rds").create_db_cluster(**known)["DBCluster"]
    attributes = {
        "Endpoint.Address": made["Endpoint"],
        "Endpoint.Port": made["Port"],
        "DBClusterArn": made["DBClusterArn"],
    }
    return Made(p["DBClusterIdentifier"], attributes)


def _instance(aws: Clients, p: Properties) -> Made:
    known = _only(p, "DBInstanceIdentifier DBInstanceClass Engine DBClusterIdentifier PubliclyAccessible")
    return Made(aws("rds").create_db_instance(**known)["DBInstance"]["DBInstanceIdentifier"])


def _only(p: Properties, names: str) -> Properties:
    return {name: p[name] for name in names.split() if name in p}


def _tags(p: Properties) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in p.get("Tags", [])}


MAKERS: dict[str, Callable[[Clients, Properties], Made]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::EC2::RouteTable": _ec2("create_route_table", "RouteTable", "RouteTableId", "VpcId"),
    "AWS::EC2::SecurityGroup": _security_group,
    "AWS::EC2::SecurityGroupEgress": _security_group_rule("egress"),
    "AWS::EC2::SecurityGroupIngress": _security_group_rule("ingress"),
    "AWS::EC2::Subnet": _ec2("create_subnet", "Subnet", "SubnetId", "VpcId CidrBlock AvailabilityZone"),
    "AWS::EC2::SubnetRouteTableAssociation": _route_association,
    "AWS::EC2::VPC": _vpc,
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::LayerVersion": _layer,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::RDS::DBCluster": _cluster,
    "AWS::RDS::DBInstance": _instance,
    "AWS::RDS::DBSubnetGroup": _subnet_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::SecretsManager::Secret": _secret,
    "AWS::StepFunctions::StateMachine": _state_machine,
}
