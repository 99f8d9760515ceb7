"""The drivers report what is deployed, what is missing, and what somebody has changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import pytest

from steps.diagnoses.of_run import of_failure
from steps.drivers.aurora import Aurora, Cluster, Proxy
from steps.drivers.event_rule import Trigger
from steps.drivers.execution_input import ObjectPaths, object_created
from steps.drivers.functions import Function, Functions, Layer
from steps.drivers.iam import Permissions
from steps.drivers.network import network
from steps.drivers.s3 import Bucket, Inbox, Settings, Upload
from steps.drivers.step_functions import NoStateMachine, Workflow
from steps.drivers.tables import Table, Tables
from steps.preconditions import event_rule
from steps.preconditions import functions as readiness
from steps.preconditions.network import Side, unreachable
from steps.preconditions.permissions import ALLOWED, forbidden, needed
from steps.targets.environment import Environment
from tests.local_aws.helpers import zipped
from tests.steps.reference import NAMES, control, reference_pipeline


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    with reference_pipeline() as environment:
        yield environment


@pytest.fixture(scope="module")
def made(environment: Environment) -> dict[str, str]:
    """The physical id of each resource by its logical one."""
    return {name: each.ref for name, each in environment.declared.items()}


@pytest.fixture
def functions(environment: Environment) -> Functions:
    return Functions(environment.client("lambda"), NAMES.functions)


@pytest.fixture
def trigger(environment: Environment) -> Trigger:
    return Trigger(environment.client("events"), NAMES.rule)


@pytest.fixture
def permissions(environment: Environment) -> Permissions:
    return Permissions(environment.client("iam"))


def cluster(environment: Environment) -> Cluster:
    found = Aurora(environment.client("rds"), NAMES.cluster).found()
    assert found
    return found


def there(functions: Functions) -> list[Function]:
    return [each for each in functions.found().values() if each]


def test_the_cluster_is_as_deployed(environment: Environment, made: dict[str, str]):
    found = cluster(environment)
    assert (found.status, found.port, found.database) == ("available", 5432, "csvbatch")
    assert found.endpoint == environment.aurora_endpoint
    assert (found.security_groups, found.vpc) == ((made["AuroraSecurityGroup"],), made["Vpc"])
    assert set(found.subnets) == {made["PrivateSubnetA"], made["PrivateSubnetB"]}
    assert found.instances == {f"{NAMES.cluster}-1": "available"}
    assert found.writer == f"{NAMES.cluster}-1"


def test_a_table_has_its_keys_and_its_expiry(environment: Environment):
    tables = Tables(environment.client("dynamodb"))
    assert tables.found(NAMES.job_locks) == Table(NAMES.job_locks, "ACTIVE", ("lock_key",), "expires_at")
    assert tables.found(NAMES.audit_logs) == Table(NAMES.audit_logs, "ACTIVE", ("execution_id", "timestamp"), None)


def test_a_bucket_is_told_from_one_that_nobody_has_set_up(environment: Environment):
    s3 = environment.client("s3")
    s3.create_bucket(Bucket="bare", CreateBucketConfiguration={"LocationConstraint": NAMES.region})
    s3.delete_public_access_block(Bucket="bare")
    assert Bucket(s3, NAMES.bucket).found() == Settings(NAMES.region, True, True, True)
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
    assert Bucket(s3, "bare").found() == Settings(NAMES.region, False, False, False)


def test_functions_are_as_deployed(environment: Environment, functions: Functions, made: dict[str, str]):
    found = there(functions)
    assert [each.handler for each in found] == ["splitter.handler", "processor.handler"]
    for each in found:
        assert each.role == Permissions(environment.client("iam")).role(NAMES.lambda_role)
        assert (len(each.variables), each.variables["S3_BUCKET_NAME"]) == (20, NAMES.bucket)
        assert each.security_groups == (made["LambdaSecurityGroup"],)
        assert set(each.subnets) == {made["PrivateSubnetA"], made["PrivateSubnetB"]}
    assert readiness.not_ready(functions.found()) == []


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


def test_the_rule_starts_the_state_machine_for_uploads_alone(trigger: Trigger):
    rule = trigger.found()
    assert rule
    assert rule.enabled
    upload = Upload(NAMES.bucket, "incoming/any.csv", "v1", 1, "0" * 32, 0)
    event = object_created(upload, account=NAMES.account, region=NAMES.region)
    assert event_rule.target(rule, NAMES.state_machine_arn, lambda e: ObjectPaths().lacking_in(e, upload), event) == []
    assert list(event_rule.pattern(partial(trigger.matches, rule), event)) == []


def test_another_rule_with_the_same_target_is_found_while_it_is_enabled(environment: Environment, trigger: Trigger):
    events = environment.client("events")
    events.put_rule(Name="second", EventPattern='{"source": ["aws.s3"]}')
    (target,) = events.list_targets_by_rule(Rule=NAMES.rule)["Targets"]
    events.put_targets(Rule="second", Targets=[target])
    assert trigger.others(NAMES.state_machine_arn) == ["second"]
    events.disable_rule(Name="second")
    assert trigger.others(NAMES.state_machine_arn) == []


def test_the_state_machine_is_as_deployed(environment: Environment, permissions: Permissions):
    machine = Workflow(environment.client("stepfunctions"), NAMES.state_machine_arn, every=0.1).found()
    assert machine
    assert (machine.status, machine.role) == ("ACTIVE", permissions.role(NAMES.state_machine_role))
    assert machine.definition["StartAt"] in machine.definition["States"]


def test_an_input_of_another_shape_ends_the_execution_and_is_diagnosed(environment: Environment):
    workflow = Workflow(environment.client("stepfunctions"), NAMES.state_machine_arn, every=0.1)
    run = workflow.ended(workflow.start({"Records": []}), within=60)
    (found,) = of_failure(run.status, run.error, run.cause)
    assert found.diagnosis == "event-contract-broken", found


def test_the_functions_reach_all_they_need_until_the_group_of_the_cluster_is_closed(
    environment: Environment, functions: Functions, made: dict[str, str]
):
    ec2, aurora, (function, _) = environment.client("ec2"), cluster(environment), there(functions)
    side = Side(function.subnets, function.security_groups)

    def deviations() -> list[str]:
        groups = (*side.groups, *aurora.security_groups)
        found = network(ec2, (*side.subnets, *aurora.subnets), groups)
        return [each.diagnosis for each in unreachable(found, side, aurora)]

    assert deviations() == []
    (rule,) = ec2.describe_security_groups(GroupIds=list(aurora.security_groups))["SecurityGroups"][0]["IpPermissions"]
    told = {key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort", "UserIdGroupPairs")}
    ec2.revoke_security_group_ingress(GroupId=made["AuroraSecurityGroup"], IpPermissions=[told])
    try:
        assert deviations() == ["security-group-closed"]
    finally:
        ec2.authorize_security_group_ingress(GroupId=made["AuroraSecurityGroup"], IpPermissions=[told])


def test_a_subnet_without_a_route_table_of_its_own_has_the_main_one_of_its_vpc(environment: Environment):
    ec2 = environment.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
    ec2.create_route_table(VpcId=vpc)
    found = network(ec2, [subnet], [])
    assert [route["DestinationCidrBlock"] for route in found.routes[subnet]] == ["10.7.0.0/16"]


def test_the_roles_may_do_what_they_need_and_nothing_that_none_may(environment: Environment, permissions: Permissions):
    for role, needs in needed(NAMES, environment.secret_arn).items():
        arn = permissions.role(role)
        assert arn
        decisions = permissions.decisions(arn, needs)
        assert decisions == dict.fromkeys(needs, ALLOWED)
        assert ALLOWED not in permissions.decisions(arn, forbidden(NAMES)).values()


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


def test_who_may_assume_a_role(permissions: Permissions):
    services = ("lambda.amazonaws.com", "edgelambda.amazonaws.com")
    assert [permissions.trusts(NAMES.lambda_role, service) for service in services] == [True, False]
    assert not permissions.trusts("none", services[0])


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
