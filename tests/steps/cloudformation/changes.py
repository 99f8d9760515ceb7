"""Changes to a deployed pipeline behind its templates' back, with the differences that each makes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.local_aws.helpers import zipped
from tests.steps.cloudformation.conftest import Pipeline

Change = Callable[[Pipeline], Any]
PUBLIC_ACCESS = "BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"
KEYS = {"file_id": "HASH", "stage": "RANGE"}
ADMIN = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})


def configure(p: Pipeline, name: str, **settings: Any) -> None:
    p.client("lambda").update_function_configuration(FunctionName=p[name], **settings)


def set_variables(p: Pipeline, name: str, *without: str, **variables: str) -> None:
    found = p.client("lambda").get_function_configuration(FunctionName=p[name])["Environment"]["Variables"]
    kept = {variable: value for variable, value in found.items() if variable not in without}
    configure(p, name, Environment={"Variables": kept | variables})


def replace_role_and_memory(p: Pipeline) -> None:
    trusted = json.dumps(p.declared["LambdaRole"].properties["AssumeRolePolicyDocument"])
    role = p.client("iam").create_role(RoleName="other", AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    configure(p, "ProcessorFunction", MemorySize=128, Role=role)


def replace_security_group(p: Pipeline) -> None:
    subnets = [p["PrivateSubnetB"], p["PrivateSubnetA"]]
    configure(p, "SplitterFunction", VpcConfig={"SubnetIds": subnets, "SecurityGroupIds": [p["EndpointSecurityGroup"]]})


def replace_code(p: Pipeline) -> None:
    code = zipped({"splitter.py": "def handler(event, context): return {}"})
    p.client("lambda").update_function_code(FunctionName=p["SplitterFunction"], ZipFile=code)


def untag_function(p: Pipeline) -> None:
    arn = p.client("lambda").get_function_configuration(FunctionName=p["ProcessorFunction"])["FunctionArn"]
    p.client("lambda").untag_resource(Resource=arn, TagKeys=["lambda:createdBy"])


def replace_definition_and_untag(p: Pipeline) -> None:
    stepfunctions, arn = p.client("stepfunctions"), p["StateMachine"]
    definition = json.loads(stepfunctions.describe_state_machine(stateMachineArn=arn)["definition"])
    definition["TimeoutSeconds"] += 1
    stepfunctions.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition))
    stepfunctions.untag_resource(resourceArn=arn, tagKeys=["stateMachine:createdBy"])


def withdraw_action(p: Pipeline) -> None:
    policy = {"RoleName": p["LambdaRole"], "PolicyName": "pipeline"}
    document = p.client("iam").get_role_policy(**policy)["PolicyDocument"]
    next(each for each in document["Statement"] if each["Sid"] == "LockTheJob")["Action"].remove("dynamodb:DeleteItem")
    p.client("iam").put_role_policy(**policy, PolicyDocument=json.dumps(document))


def trust_another_service(p: Pipeline) -> None:
    document = p.client("iam").get_role(RoleName=p["StateMachineRole"])["Role"]["AssumeRolePolicyDocument"]
    document["Statement"][0]["Principal"]["Service"] = "ec2.amazonaws.com"
    p.client("iam").update_assume_role_policy(RoleName=p["StateMachineRole"], PolicyDocument=json.dumps(document))


def replace_pattern(p: Pipeline) -> None:
    found = p.client("events").describe_rule(Name=p["UploadRule"])
    kept = {name: found[name] for name in ("Name", "State", "Description")}
    p.client("events").put_rule(**kept, EventPattern=found["EventPattern"].replace("incoming/*.csv", "in/*.csv"))


def narrow_and_double_target(p: Pipeline) -> None:
    (target,) = p.client("events").list_targets_by_rule(Rule=p["UploadRule"])["Targets"]
    targets = [target | {"InputPath": "$.detail"}, target | {"Id": "second"}]
    p.client("events").put_targets(Rule=p["UploadRule"], Targets=targets)


def make_subnet_public(p: Pipeline) -> None:
    ec2, subnet = p.client("ec2"), p["PrivateSubnetA"]
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    ec2.create_tags(Resources=[subnet], Tags=[{"Key": "Name", "Value": "public"}])


def route_to_the_internet(p: Pipeline) -> None:
    ec2 = p.client("ec2")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=p["Vpc"])
    ec2.create_route(RouteTableId=p["PrivateRouteTable"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)


def replace_route_table(p: Pipeline) -> None:
    other = p.client("ec2").create_route_table(VpcId=p["Vpc"])["RouteTable"]["RouteTableId"]
    p.client("ec2").replace_route_table_association(AssociationId=p["PrivateRouteB"], RouteTableId=other)


def replace_ingress(p: Pipeline, group: str, rule: str, port: int, **peer: Any) -> None:
    ec2, id = p.client("ec2"), p[group]
    ec2.revoke_security_group_ingress(GroupId=id, SecurityGroupRuleIds=[p[rule]])
    allowed = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peer}
    ec2.authorize_security_group_ingress(GroupId=id, IpPermissions=[allowed])


def describe_rule_otherwise(p: Pipeline) -> None:
    source = {"GroupId": p["LambdaSecurityGroup"], "Description": "anything"}
    replace_ingress(p, "EndpointSecurityGroup", "EndpointFromLambda", 443, UserIdGroupPairs=[source])


def close_egress(p: Pipeline) -> None:
    anywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    p.client("ec2").revoke_security_group_egress(GroupId=p["LambdaSecurityGroup"], IpPermissions=[anywhere])


def expire_no_locks(p: Pipeline) -> None:
    off = {"AttributeName": "expires_at", "Enabled": False}
    p.client("dynamodb").update_time_to_live(TableName=p["JobLocksTable"], TimeToLiveSpecification=off)


def provision_capacity(p: Pipeline) -> None:
    capacity = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    mode = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": capacity}
    p.client("dynamodb").update_table(TableName=p["AuditLogTable"], **mode)


def rename_sort_key(p: Pipeline) -> None:
    dynamodb, name = p.client("dynamodb"), p["ProcessingMetadataTable"]
    dynamodb.delete_table(TableName=name)
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in KEYS],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in KEYS.items()],
    )


def shrink_cluster(p: Pipeline) -> None:
    p.client("rds").modify_db_cluster(
        DBClusterIdentifier=p["AuroraCluster"],
        BackupRetentionPeriod=1,
        ServerlessV2ScalingConfiguration={"MinCapacity": 0.5, "MaxCapacity": 1},
        ApplyImmediately=True,
    )


def move_subnet_group(p: Pipeline) -> None:
    rds, name = p.client("rds"), {"DBSubnetGroupName": p["AuroraSubnetGroup"]}
    rds.delete_db_subnet_group(**name)
    description = p.declared["AuroraSubnetGroup"].properties["DBSubnetGroupDescription"]
    zone = {"VpcId": p["Vpc"], "CidrBlock": "10.0.99.0/24", "AvailabilityZone": "ap-northeast-1c"}
    other = p.client("ec2").create_subnet(**zone)["Subnet"]["SubnetId"]
    subnets = [p["PrivateSubnetA"], other]
    rds.create_db_subnet_group(**name, DBSubnetGroupDescription=description, SubnetIds=subnets)


CHANGES: list[tuple[Change, set[str]]] = [
    (
        lambda p: set_variables(p, "SplitterFunction", CHUNK_SIZE="20"),
        {"SplitterFunction: Environment.Variables.CHUNK_SIZE"},
    ),
    (
        lambda p: set_variables(p, "ProcessorFunction", "S3_BUCKET_NAME", S3="misspelt"),
        {f"ProcessorFunction: Environment.Variables.{name}" for name in ("S3_BUCKET_NAME", "S3")},
    ),
    (
        lambda p: configure(p, "SplitterFunction", Timeout=3, Handler="splitter.main"),
        {"SplitterFunction: Timeout", "SplitterFunction: Handler"},
    ),
    (replace_role_and_memory, {"ProcessorFunction: MemorySize", "ProcessorFunction: Role"}),
    (replace_security_group, {"SplitterFunction: VpcConfig.SecurityGroupIds"}),
    (
        lambda p: configure(p, "ProcessorFunction", VpcConfig={"SubnetIds": [], "SecurityGroupIds": []}),
        {"ProcessorFunction: VpcConfig.SubnetIds", "ProcessorFunction: VpcConfig.SecurityGroupIds"},
    ),
    (
        lambda p: configure(p, "SplitterFunction", Layers=p.declared["SplitterFunction"].properties["Layers"][:1]),
        {"SplitterFunction: Layers"},
    ),
    (
        lambda p: configure(p, "ProcessorFunction", Layers=p.declared["ProcessorFunction"].properties["Layers"][::-1]),
        {"ProcessorFunction: Layers"},
    ),
    (
        lambda p: p.client("lambda").put_function_concurrency(
            FunctionName=p["ProcessorFunction"], ReservedConcurrentExecutions=0
        ),
        {"ProcessorFunction: ReservedConcurrentExecutions"},
    ),
    (replace_code, {"SplitterFunction: Code.CodeSha256"}),
    (untag_function, {"ProcessorFunction: Tags[lambda:createdBy]"}),
    (
        replace_definition_and_untag,
        {"StateMachine: Definition.TimeoutSeconds", "StateMachine: Tags[stateMachine:createdBy]"},
    ),
    (withdraw_action, {"LambdaRole: Policies[pipeline].PolicyDocument.Statement[LockTheJob].Action"}),
    (
        lambda p: p.client("iam").put_role_policy(
            RoleName=p["StateMachineRole"], PolicyName="more", PolicyDocument=ADMIN
        ),
        {"StateMachineRole: Policies[more]"},
    ),
    (
        lambda p: p.client("iam").delete_role_policy(RoleName=p["EventBridgeRole"], PolicyName="pipeline"),
        {"EventBridgeRole: Policies[pipeline]"},
    ),
    (trust_another_service, {"StateMachineRole: AssumeRolePolicyDocument.Statement[0].Principal.Service"}),
    (replace_pattern, {"UploadRule: EventPattern.detail.object.key[0].wildcard"}),
    (lambda p: p.client("events").disable_rule(Name=p["UploadRule"]), {"UploadRule: State"}),
    (
        narrow_and_double_target,
        {"UploadRule: Targets[state-machine].InputPath", "UploadRule: Targets[second]"},
    ),
    (
        lambda p: p.client("ec2").modify_vpc_attribute(VpcId=p["Vpc"], EnableDnsHostnames={"Value": False}),
        {"Vpc: EnableDnsHostnames"},
    ),
    (make_subnet_public, {"PrivateSubnetA: MapPublicIpOnLaunch", "PrivateSubnetA: Tags[Name].Value"}),
    (route_to_the_internet, {"PrivateRouteTable: Routes[0]"}),
    (replace_route_table, {"PrivateRouteB: RouteTableId"}),
    (
        lambda p: replace_ingress(
            p, "AuroraSecurityGroup", "AuroraFromLambda", 5432, IpRanges=[{"CidrIp": "10.0.0.0/16"}]
        ),
        {"AuroraFromLambda: ", "AuroraSecurityGroup: SecurityGroupIngress[0]"},
    ),
    (close_egress, {"LambdaSecurityGroup: SecurityGroupEgress[0]"}),
    (describe_rule_otherwise, {"EndpointFromLambda: Description"}),
    (
        lambda p: p.client("ec2").modify_vpc_endpoint(
            VpcEndpointId=p["S3Endpoint"], RemoveRouteTableIds=[p["PrivateRouteTable"]]
        ),
        {"S3Endpoint: RouteTableIds"},
    ),
    (lambda p: p.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[p["DynamoDBEndpoint"]]), {"DynamoDBEndpoint: "}),
    (
        lambda p: p.client("s3").put_bucket_notification_configuration(
            Bucket=p["DataBucket"], NotificationConfiguration={}
        ),
        {"DataBucket: NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled"},
    ),
    (
        lambda p: p.client("s3").put_bucket_versioning(
            Bucket=p["DataBucket"], VersioningConfiguration={"Status": "Suspended"}
        ),
        {"DataBucket: VersioningConfiguration.Status"},
    ),
    (
        lambda p: p.client("s3").delete_public_access_block(Bucket=p["DataBucket"]),
        {f"DataBucket: PublicAccessBlockConfiguration.{setting}" for setting in PUBLIC_ACCESS},
    ),
    (expire_no_locks, {"JobLocksTable: TimeToLiveSpecification.Enabled"}),
    (provision_capacity, {"AuditLogTable: BillingMode"}),
    (lambda p: p.client("dynamodb").delete_table(TableName=p["BatchJobsTable"]), {"BatchJobsTable: "}),
    (
        rename_sort_key,
        {
            f"ProcessingMetadataTable: {property}[{key}]"
            for property in ("KeySchema", "AttributeDefinitions")
            for key in ("processing_stage", "stage")
        },
    ),
    (
        lambda p: p.client("logs").delete_retention_policy(logGroupName=p["SplitterLogGroup"]),
        {"SplitterLogGroup: RetentionInDays"},
    ),
    (lambda p: p.client("logs").delete_log_group(logGroupName=p["ProcessorLogGroup"]), {"ProcessorLogGroup: "}),
    (
        shrink_cluster,
        {"AuroraCluster: BackupRetentionPeriod", "AuroraCluster: ServerlessV2ScalingConfiguration.MaxCapacity"},
    ),
    (
        lambda p: p.client("rds").modify_db_instance(DBInstanceIdentifier=p["AuroraInstance"], PubliclyAccessible=True),
        {"AuroraInstance: PubliclyAccessible"},
    ),
    (move_subnet_group, {"AuroraSubnetGroup: SubnetIds"}),
]
