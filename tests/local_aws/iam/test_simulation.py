"""IAM's simulator answers by the policies that are really enforced."""

from collections.abc import Callable

import pytest

from tests.local_aws.conftest import ACCOUNT
from tests.local_aws.helpers import policy, unique
from tests.local_aws.iam.conftest import ClientOf, Identity, allow, deny, distrust, refused

OBJECT = "arn:aws:s3:::bucket/in/a.csv"


def test_a_role_is_told_action_by_action_on_each_resource(client: ClientOf, make_identity: Callable[..., Identity]):
    role = make_identity(allow("s3:Get*", on="arn:aws:s3:::bucket/*"), deny("s3:*", on="arn:aws:s3:::bucket/out/*"))
    answer = client("iam").simulate_principal_policy(
        PolicySourceArn=role.arn,
        ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=[OBJECT, "arn:aws:s3:::bucket/out/b"],
    )
    found = [
        tuple(result[f"Eval{part}"] for part in ("ActionName", "ResourceName", "Decision"))
        for result in answer["EvaluationResults"]
    ]
    assert found == [
        ("s3:GetObject", OBJECT, "allowed"),
        ("s3:GetObject", "arn:aws:s3:::bucket/out/b", "explicitDeny"),
        ("s3:PutObject", OBJECT, "implicitDeny"),
        ("s3:PutObject", "arn:aws:s3:::bucket/out/b", "explicitDeny"),
    ]
    matched = [result["MatchedStatements"] for result in answer["EvaluationResults"]]
    own = [{"SourcePolicyId": f"role_{role.name}_own", "SourcePolicyType": "IAM Policy"}]
    assert matched == [own, own, [], own]
    assert answer["IsTruncated"] is False


def test_without_resources_all_are_meant(client: ClientOf, make_identity: Callable[..., Identity]) -> None:
    role = make_identity(allow("s3:GetObject", on=OBJECT), allow("sqs:*"))
    answer = client("iam").simulate_principal_policy(
        PolicySourceArn=role.arn, ActionNames=["s3:GetObject", "sqs:ListQueues"]
    )
    found = [(result["EvalResourceName"], result["EvalDecision"]) for result in answer["EvaluationResults"]]
    assert found == [("*", "implicitDeny"), ("*", "allowed")]


def test_pages_hold_as_many_results_as_were_asked_for(client: ClientOf, user: Identity) -> None:
    actions = [f"s3:Action{number}" for number in range(12)]
    pages = (
        client("iam")
        .get_paginator("simulate_principal_policy")
        .paginate(PolicySourceArn=user.arn, ActionNames=actions, PaginationConfig={"PageSize": 5})
    )
    found = [[result["EvalActionName"] for result in page["EvaluationResults"]] for page in pages]
    assert found == [actions[:5], actions[5:10], actions[10:]]


def test_context_is_what_is_given_and_what_is_missing_is_named(client: ClientOf) -> None:
    near = allow("s3:*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Null": {"aws:TokenIssueTime": True}})
    ask = {"PolicyInputList": [policy(near)], "ActionNames": ["s3:GetObject"]}
    simulate = client("iam").simulate_custom_policy
    (unknown,) = simulate(**ask)["EvaluationResults"]
    assert unknown["EvalDecision"] == "implicitDeny"
    assert unknown["MissingContextValues"] == ["aws:sourceip", "aws:tokenissuetime"]
    entry = {"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["10.1.1.1"], "ContextKeyType": "ip"}
    (known,) = simulate(**ask, ContextEntries=[entry])["EvaluationResults"]
    assert (known["EvalDecision"], known["MissingContextValues"]) == ("allowed", ["aws:tokenissuetime"])
    assert known["MatchedStatements"][0]["SourcePolicyId"] == "PolicyInputList.1"


def test_further_policies_count_too(client: ClientOf, user: Identity) -> None:
    user.may(allow("s3:*"))
    answer = client("iam").simulate_principal_policy(
        PolicySourceArn=user.arn, ActionNames=["s3:GetObject"], PolicyInputList=[policy(deny("s3:GetObject"))]
    )
    assert answer["EvaluationResults"][0]["EvalDecision"] == "explicitDeny"


@pytest.mark.parametrize(
    ("source", "code", "status"),
    [
        (f"arn:aws:iam::{ACCOUNT}:role/nobody", "NoSuchEntity", 404),
        (f"arn:aws:iam::{ACCOUNT}:user/nobody", "NoSuchEntity", 404),
        (f"arn:aws:iam::{ACCOUNT}:policy/nothing", "InvalidInput", 400),
    ],
)
def test_a_missing_principal_is_not_simulated(client: ClientOf, source: str, code: str, status: int) -> None:
    simulate = client("iam").simulate_principal_policy
    answer = refused(simulate, PolicySourceArn=source, ActionNames=["s3:GetObject"])
    assert (answer[0], answer[2]) == (code, status)


def test_an_unsupported_simulation_is_refused(client: ClientOf) -> None:
    ask = {"PolicyInputList": [policy(allow("s3:*"))], "ActionNames": ["s3:GetObject"]}
    simulate = client("iam").simulate_custom_policy
    assert refused(simulate, **ask, ResourcePolicy=policy())[0] == "InvalidInput"
    assert refused(simulate, **{**ask, "PolicyInputList": ["no policy"]})[0] == "InvalidInput"


def test_a_group_is_judged_alone(client: ClientOf) -> None:
    iam, name = client("iam"), unique("group")
    group = iam.create_group(GroupName=name)["Group"]["Arn"]
    iam.put_group_policy(GroupName=name, PolicyName="own", PolicyDocument=policy(allow("sqs:ListQueues")))
    answer = iam.simulate_principal_policy(PolicySourceArn=group, ActionNames=["sqs:ListQueues"])
    assert answer["EvaluationResults"][0]["EvalDecision"] == "allowed"


def test_a_permissions_boundary_limits_requests_and_their_simulation(
    client: ClientOf, make_identity: Callable[..., Identity], client_with: Callable[..., ClientOf]
) -> None:
    iam, role = client("iam"), make_identity(allow("dynamodb:ListTables", "s3:ListAllMyBuckets"))
    distrust(role, policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}))
    keys = client("sts").assume_role(RoleArn=role.arn, RoleSessionName="session")["Credentials"]
    as_role = client_with(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    as_role("dynamodb").list_tables()
    document = policy(allow("s3:*"))
    boundary = iam.create_policy(PolicyName=unique("boundary"), PolicyDocument=document)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=role.name, PermissionsBoundary=boundary)
    because = "because no permissions boundary allows the dynamodb:ListTables action"
    assert because in refused(as_role("dynamodb").list_tables)[1]
    as_role("s3").list_buckets()
    actions = ["dynamodb:ListTables", "s3:ListAllMyBuckets"]
    results = iam.simulate_principal_policy(PolicySourceArn=role.arn, ActionNames=actions)["EvaluationResults"]
    assert [each["EvalDecision"] for each in results] == ["implicitDeny", "allowed"]
