"""Permissions that the roles need, permissions that none may have, and how IAM's decisions are judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from steps.cloudformation.template import load, resolve
from steps.drivers.iam import Need
from steps.drivers.keys import Key
from steps.drivers.names import Names
from steps.paths import ROOT
from steps.preconditions.permissions import excessive, forbidden, lacking, needed, unusable, wildcards

NAMES = Names("123456789012")
SECRET = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:aurora-AbCdEf"
NEEDED = needed(NAMES, SECRET)
PARAMETERS = {"Environment": NAMES.environment, "EventBridgeRoleName": NAMES.rule_role}
READ, WRITE = Need("arn:aws:s3:::any/key", "s3:GetObject"), Need("arn:aws:s3:::any/key", "s3:PutObject")
OF_LAMBDA_ITSELF = {"ec2:DescribeSubnets", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"}
"""AWS recommends them for functions in a VPC, and functions come to one without."""


def granted() -> Iterator[tuple[str, str]]:
    """(role, action) of every statement of the reference pipeline's roles."""
    resources = load(ROOT / "system_under_test" / "data.yaml")["Resources"].values()
    for role in (each["Properties"] for each in resources if each["Type"] == "AWS::IAM::Role"):
        name = resolve(role["RoleName"], lambda parameter, _: PARAMETERS[parameter])
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                yield from ((name, each) for each in ([actions] if isinstance(actions, str) else actions))


def test_every_action_that_the_pipelines_own_roles_are_given_is_needed():
    """So that none of them can be taken away and nobody notices."""
    asked = {(role, need.action) for role, needs in NEEDED.items() for need in needs}
    given = {(role, action) for role, action in granted() if action not in OF_LAMBDA_ITSELF}
    assert given == asked


def test_each_role_is_asked_about_its_own_and_nothing_twice():
    assert list(NEEDED) == [NAMES.lambda_role, NAMES.state_machine_role, NAMES.rule_role]
    for needs in NEEDED.values():
        assert len(set(needs)) == len(needs)
        assert all(need.resource == "*" or "123456789012" in need.resource for need in needs)


def test_nothing_is_needed_that_nobody_may_do():
    assert not {need for needs in NEEDED.values() for need in needs} & set(forbidden(NAMES))


def test_a_denied_action_is_lacking_and_names_the_kind_of_denial():
    assert lacking("role", {READ: "allowed", WRITE: "implicitDeny"}) == [
        ("permission-missing", "role may not s3:PutObject on arn:aws:s3:::any/key (implicitDeny)")
    ]
    assert [each.text[-14:] for each in lacking("role", {READ: "explicitDeny"})] == ["(explicitDeny)"]


def test_a_forbidden_action_that_iam_allows_is_excessive():
    assert excessive("role", {READ: "allowed", WRITE: "implicitDeny"}) == [
        ("permission-too-broad", "role may s3:GetObject on arn:aws:s3:::any/key")
    ]


def test_the_statement_that_denies_or_allows_too_much_is_named():
    deny = statement(Effect="Deny", Action=["S3:Get*", "s3:Put*"], Resource="*")
    (denied,) = lacking("role", {READ: "explicitDeny"}, [statement(), deny])
    assert denied.text.endswith(
        "(explicitDeny by the Statement with Effect: Deny; Action: S3:Get*, s3:Put*; Resource: *)"
    )
    (allowed,) = excessive("role", {READ: "allowed"}, [deny, statement(Action="s3:PutObject"), statement()])
    assert allowed.text == (
        "role may s3:GetObject on arn:aws:s3:::any/key by the Statement with "
        "Effect: Allow; Action: s3:GetObject; Resource: arn:aws:s3:::any/*"
    )
    assert "Statement" not in lacking("role", {READ: "implicitDeny"}, [deny])[0].text


def statement(**changes: Any) -> dict[str, Any]:
    well = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::any/*"} | changes
    return {name: value for name, value in well.items() if value is not None}


@pytest.mark.parametrize(
    ("statements", "wild", "remarks"),
    [
        ([statement()], [], []),
        (
            [statement(Action=["s3:GetObject", "s3:Put*"])],
            ["role is allowed s3:Put*, a wildcard in the Statement on arn:aws:s3:::any/*"],
            [],
        ),
        ([statement(Action="*")], ["role is allowed *, a wildcard in the Statement on arn:aws:s3:::any/*"], []),
        (
            [statement(Action="s3:GetObjec?")],
            ["role is allowed s3:GetObjec?, a wildcard in the Statement on arn:aws:s3:::any/*"],
            [],
        ),
        (
            [statement(Action=None, NotAction="iam:*")],
            ["role is allowed *, a wildcard in the Statement on arn:aws:s3:::any/*"],
            [],
        ),
        ([statement(Effect="Deny", Action="s3:*", Resource="*")], [], []),
        (
            [statement(Action=["ec2:A", "ec2:B"], Resource=["*"])],
            [],
            ["role is allowed ec2:A, ec2:B on every resource"],
        ),
        ([statement(Resource=None, NotResource="any")], [], ["role is allowed s3:GetObject on every resource"]),
        (
            [statement(), statement(Action="s3:*")],
            ["role is allowed s3:*, a wildcard in the Statement on arn:aws:s3:::any/*"],
            [],
        ),
        ([statement(Resource=None, Action="sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"})], [], []),
        (
            [statement(Resource=None, Action="sts:*", Principal={"Service": "lambda.amazonaws.com"})],
            ["role is allowed sts:*, a wildcard in its AssumeRolePolicyDocument"],
            [],
        ),
    ],
)
def test_a_wildcard_fails_and_every_resource_is_worth_a_look(statements: list, wild: list[str], remarks: list[str]):
    deviations, worth_a_look = wildcards("role", iter(statements))
    assert deviations == [("permission-too-broad", text) for text in wild]
    assert worth_a_look == remarks


ROLE, ROOT_USER = "arn:aws:iam::123456789012:role/ours", "arn:aws:iam::123456789012:root"
DECRYPT = "kms:Decrypt"


def policy(principal: Any, action: Any = "kms:*") -> tuple[dict[str, Any], ...]:
    return ({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"},)


@pytest.mark.parametrize(
    ("statements", "decision", "fault", "says"),
    [
        (policy({"AWS": ROOT_USER}), "allowed", "", None),
        (policy({"AWS": [ROLE]}, ["kms:Decrypt"]), "implicitDeny", "", None),
        (policy("*"), "implicitDeny", "", None),
        (None, "allowed", "", None),
        (policy({"AWS": ROOT_USER}), "implicitDeny", "", "ours may not kms:Decrypt on key, the key of bucket"),
        (policy({"AWS": ROLE + "-of-another-team"}), "allowed", "", "ours may not kms:Decrypt on key"),
        (policy({"AWS": ROLE}, "kms:Encrypt"), "implicitDeny", "", "ours may not kms:Decrypt on key"),
        (None, "implicitDeny", "", "ours may not kms:Decrypt on key"),
        (policy("*"), "allowed", "is PendingDeletion", "bucket is encrypted by the key key, which is PendingDeletion"),
    ],
)
def test_a_key_is_usable_where_its_policy_or_by_its_leave_the_roles_own_allows_it(
    statements: Any, decision: str, fault: str, says: str | None
):
    key = Key("bucket", "key", (DECRYPT,), fault, statements)
    found = unusable("ours", ROLE, [key], {Need("key", DECRYPT): decision})
    assert [each.text.startswith(says or "") for each in found] == [True] * (says is not None)
    assert {each.diagnosis for each in found} <= {"permission-missing"}
