"""Drivers change a deployed pipeline for a time and restore it, whatever happens meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from steps.drivers.event_rule import Trigger
from steps.drivers.functions import Functions
from steps.drivers.iam import Permissions
from steps.preconditions import functions as readiness
from steps.preconditions.permissions import lacking, needed
from steps.targets.environment import Environment
from tests.steps.reference import NAMES

NEEDED = needed(NAMES, NAMES.arn("secretsmanager", "secret:any"))
ACTIONS = [(role, action) for role, needs in NEEDED.items() for action in sorted({need.action for need in needs})]


@pytest.fixture
def functions(environment: Environment) -> Functions:
    return Functions(environment.client("lambda"), NAMES.functions)


@pytest.fixture
def permissions(environment: Environment) -> Permissions:
    return Permissions(environment.client("iam"))


@pytest.fixture
def trigger(environment: Environment) -> Trigger:
    return Trigger(environment.client("events"), NAMES.rule)


def broken_off(change: AbstractContextManager[None]) -> None:
    """Within the block something else breaks."""
    with pytest.raises(ZeroDivisionError), change:
        raise ZeroDivisionError


Change = Callable[[Functions], AbstractContextManager[None]]
CHANGES: list[tuple[Change, set[str]]] = [
    (lambda functions: functions.configured(CHUNK_SIZE="7", MORE="1"), {"CHUNK_SIZE = 7", "MORE"}),
    (lambda functions: functions.without("CHUNK_SIZE"), {"lacks CHUNK_SIZE"}),
    (lambda functions: functions.outside_the_network(), {"no VpcConfig"}),
]


@pytest.mark.parametrize(("change", "says"), CHANGES, ids=["configured", "without", "outside_the_network"])
def test_functions_are_changed_within_the_block_and_as_before_after_it(
    functions: Functions, change: Change, says: set[str]
):
    before = functions.found()
    declared = {name: function.variables for name, function in before.items() if function}

    def deviations() -> list[str]:
        found = functions.found()
        wrong = [readiness.networks(found), readiness.undeclared(found, declared)]
        wrong += [readiness.variables_that_differ({name: found[name]}, declared[name]) for name in declared]
        return [each.text for deviations in wrong for each in deviations]

    with change(functions):
        found = deviations()
        assert len(found) == len(says) * len(before)
        assert all(any(said in text for said in says) for text in found)
    assert functions.found() == before
    broken_off(change(functions))
    assert functions.found() == before


def test_what_was_changed_before_a_change_was_refused_is_put_back(environment: Environment, functions: Functions):
    before = functions.found()
    faults = environment.faults
    assert faults is not None
    fault = faults.refuse("no change", f"PUT .*/{NAMES.functions[1]}/configuration .*LOG", "AccessDenied", status=403)
    try:
        with pytest.raises(ClientError, match="AccessDenied"), functions.configured(LOG="1"):
            raise AssertionError("changed")
    finally:
        fault.remove()
    assert functions.found() == before


@pytest.mark.parametrize(("role", "action"), ACTIONS)
def test_an_action_is_withdrawn_within_the_block_and_allowed_after_it(
    permissions: Permissions, environment: Environment, role: str, action: str
):
    arn, needs = str(permissions.role(role)), needed(NAMES, environment.secret_arn)[role]
    before = list(permissions.statements(role))

    def denied() -> list[str]:
        return [each.text for each in lacking(role, permissions.decisions(arn, needs))]

    with permissions.withdrawn(role, action):
        due = [need for need in needs if need.action == action]
        assert sorted(denied()) == sorted(f"{role} may not {action} on {need.resource} (implicitDeny)" for need in due)
    assert (denied(), list(permissions.statements(role))) == ([], before)
    broken_off(permissions.withdrawn(role, action))
    assert (denied(), list(permissions.statements(role))) == ([], before)


def test_only_what_allows_an_action_is_withdrawn(environment: Environment, permissions: Permissions):
    iam = environment.client("iam")
    iam.create_role(
        RoleName="withdrawn", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []})
    )
    statements: list[dict[str, Any]] = [
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"},
        {"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*"},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName="withdrawn", PolicyName="own", PolicyDocument=document)
    with permissions.withdrawn("withdrawn", "s3:GetObject"):
        assert list(permissions.statements("withdrawn")) == [
            *statements[:2],
            {**statements[2], "Action": ["s3:PutObject"]},
        ]
    with permissions.withdrawn("withdrawn", "s3:GetObject", on="elsewhere"):
        assert list(permissions.statements("withdrawn")) == statements
    assert list(permissions.statements("withdrawn")) == statements


def test_the_rule_is_off_within_the_block_and_on_after_it(trigger: Trigger):
    before = trigger.found()
    with trigger.off():
        found = trigger.found()
        assert not (found and found.enabled)
    assert trigger.found() == before
    broken_off(trigger.off())
    assert trigger.found() == before


def test_a_rule_that_was_off_before_stays_off(environment: Environment, trigger: Trigger):
    environment.client("events").disable_rule(Name=NAMES.rule)
    try:
        with trigger.off():
            pass
        found = trigger.found()
        assert not (found and found.enabled)
    finally:
        environment.client("events").enable_rule(Name=NAMES.rule)
