"""The drivers report what is deployed, what is missing, and what somebody has changed."""

from __future__ import annotations

import json

import pytest

from steps.drivers.aurora import Aurora, Proxy
from steps.drivers.event_rule import Trigger
from steps.drivers.functions import Function, Functions, Layer
from steps.drivers.iam import Permissions
from steps.drivers.network import network
from steps.drivers.s3 import BLOCKS, Bucket, Inbox, Settings
from steps.drivers.step_functions import NoStateMachine, Workflow
from steps.drivers.tables import Tables
from steps.preconditions import functions as readiness
from steps.targets.environment import Environment
from tests.local_aws.helpers import zipped
from tests.steps.reference import NAMES, control


@pytest.fixture
def functions(environment: Environment) -> Functions:
    return Functions(environment.client("lambda"), NAMES.functions)


def there(functions: Functions) -> list[Function]:
    return [each for each in functions.found().values() if each]


def test_a_bucket_is_told_from_one_that_nobody_has_set_up(environment: Environment):
    s3 = environment.client("s3")
    s3.create_bucket(Bucket="bare", CreateBucketConfiguration={"LocationConstraint": NAMES.region})
    s3.delete_public_access_block(Bucket="bare")
    assert Bucket(s3, NAMES.bucket).found() == Settings(NAMES.region, True, (), True)
    rules = [
        {"ID": "results", "Status": "Enabled", "Filter": {"Prefix": "results/"}, "Expiration": {"Days": 1}},
        {"ID": "off", "Status": "Disabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 2}},
        {"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}},
        {
            "ID": "versions",
            "Status": "Enabled",
            "Filter": {"Prefix": "incoming/"},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 3},
        },
    ]
    for count, days in ((2, None), (3, 30), (4, 3)):
        lifecycle = {"Rules": rules[:count]}
        s3.put_bucket_lifecycle_configuration(Bucket=NAMES.bucket, LifecycleConfiguration=lifecycle)
        found = Bucket(s3, NAMES.bucket).found()
        assert found is not None
        assert found.upload_days == days
    s3.delete_bucket_lifecycle(Bucket=NAMES.bucket)
    assert Bucket(s3, "bare").found() == Settings(NAMES.region, False, BLOCKS, False)


def test_a_function_that_is_inactive_is_woken_and_one_that_has_failed_is_shown_with_its_reason(
    environment: Environment, functions: Functions
):
    splitter, processor = NAMES.functions
    control(environment.exports, f"/_functions/{splitter}/state", State="Inactive", StateReasonCode="Idle", seconds=0.3)
    reason = "The subnet has no free IP addresses."
    control(environment.exports, f"/_functions/{processor}/state", State="Failed", StateReason=reason)
    said: list[str] = []
    found = functions.awake(within=60, say=said.append)
    control(environment.exports, f"/_functions/{processor}/state")
    assert [each.split(" is ")[0] for each in said] == [splitter, splitter], said
    assert f"{splitter} is Active after " in said[1]
    assert readiness.not_ready(found) == [("function-missing", f"{processor} is Failed, Successful: {reason}")]
    assert readiness.not_ready(functions.found()) == []


def test_a_layer_tells_what_it_fits_until_it_is_deleted(environment: Environment, functions: Functions):
    versions = {arn: functions.layer(arn) for each in there(functions) for arn in each.layers}
    assert len(versions) == 2
    assert readiness.layers(functions.found(), dict.fromkeys(NAMES.functions, 2), versions) == []
    client, told = environment.client("lambda"), {"LayerName": "own", "CompatibleRuntimes": ["python3.12"]}
    arn = client.publish_layer_version(**told, Content={"ZipFile": zipped({"own.py": ""})})["LayerVersionArn"]
    assert functions.layer(arn) == Layer(arn, ("python3.12",), ())
    client.delete_layer_version(LayerName="own", VersionNumber=1)
    assert functions.layer(arn) is None


def test_a_subnet_without_a_route_table_of_its_own_has_the_main_one_of_its_vpc(environment: Environment):
    ec2 = environment.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
    ec2.create_route_table(VpcId=vpc)
    found = network(ec2, [subnet], [])
    assert [route["DestinationCidrBlock"] for route in found.routes[subnet]] == ["10.7.0.0/16"]


def test_statements_of_attached_policies_are_told_beside_those_of_inline_ones(environment: Environment):
    iam = environment.client("iam")
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::any/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.create_role(RoleName="own", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
    iam.put_role_policy(RoleName="own", PolicyName="inline", PolicyDocument=document)
    attached = iam.create_policy(PolicyName="attached", PolicyDocument=document.replace("Get", "Put"))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="own", PolicyArn=attached)
    found = [each["Action"] for each in Permissions(iam).statements("own")]
    assert found == ["s3:GetObject", "s3:PutObject"]


def test_absence_is_an_answer(environment: Environment):
    client, arn = environment.client, NAMES.arn("lambda", "layer:none:1")
    workflow = Workflow(client("stepfunctions"), NAMES.state_machine_arn + "-none", every=0.1)
    assert Aurora(client("rds"), "none").found() is None
    assert Tables(client("dynamodb")).found("none") is None
    assert Bucket(client("s3"), "none-of-ours").found() is None
    assert Functions(client("lambda"), ["none"]).found() == {"none": None}
    assert Functions(client("lambda"), []).layer(arn) is None
    assert Trigger(client("events"), "none").found() is None
    assert Permissions(client("iam")).role("none") is None
    assert workflow.found() is None
    with pytest.raises(NoStateMachine, match="is not there"):
        workflow.ready()
    empty = network(client("ec2"), ["subnet-0123456789abcdef0"], ["sg-0123456789abcdef0"])
    assert (empty.subnets, empty.groups, empty.endpoints) == ({}, {}, [])


@pytest.mark.parametrize(
    ("principal", "is_lambda"),
    [
        ("lambda.amazonaws.com", True),
        ("lambda.cn-north-1.amazonaws.com.cn", True),
        ("lambda.amazonaws.eu", True),
        ("lambda.example.com", False),
        ("states.amazonaws.com", False),
    ],
)
def test_a_service_may_be_named_by_region_and_partition(environment: Environment, principal: str, is_lambda: bool):
    iam, name = environment.client("iam"), f"trusts-{principal}"
    statement = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    assert Permissions(iam).trusts(name, "lambda.amazonaws.com") is is_lambda


def test_an_upload_that_is_gone_has_no_content_and_no_results(environment: Environment):
    inbox = Inbox(environment.client("s3"), NAMES.bucket)
    upload = inbox.deliver("any.txt", b"any")
    assert inbox.content(upload) == b"any"
    inbox.delete(upload)
    assert (inbox.content(upload), inbox.results(upload)) == (None, {})


def test_an_rds_proxy_is_found_by_its_endpoint(environment: Environment):
    rds = environment.client("rds")
    cluster = Aurora(rds, NAMES.cluster).found()
    assert cluster is not None
    rds.create_db_proxy(
        DBProxyName="any",
        EngineFamily="POSTGRESQL",
        Auth=[{"AuthScheme": "SECRETS", "SecretArn": environment.secret_arn, "IAMAuth": "DISABLED"}],
        RoleArn=NAMES.role_arn(NAMES.lambda_role),
        VpcSubnetIds=list(cluster.subnets),
        VpcSecurityGroupIds=list(cluster.security_groups),
    )
    (endpoint,) = [each["Endpoint"] for each in rds.describe_db_proxies()["DBProxies"]]
    found = Proxy("any", cluster.security_groups, cluster.subnets, cluster.vpc)
    aurora = Aurora(rds, NAMES.cluster)
    assert [aurora.proxy(each) for each in (endpoint, f"{endpoint}:5432", f"no-{endpoint}", cluster.endpoint)] == [
        *(found, found),
        *(None, None),
    ]
