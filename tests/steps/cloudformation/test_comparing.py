"""AWS's normal forms are no differences; another order and additions are, where they have an effect."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps.cloudformation.comparison import Difference, explain_not_compared, find_differences
from steps.cloudformation.declared import unknown

FUNCTION, RULE, ROLE, MACHINE = (
    "AWS::Lambda::Function",
    "AWS::Events::Rule",
    "AWS::IAM::Role",
    "AWS::StepFunctions::StateMachine",
)


def policy(**statement: Any) -> dict:
    return {"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow"} | statement]}}


def paths(kind: str, declared: dict, deployed: dict) -> list[str]:
    return [each.path for each in find_differences(kind, declared, deployed)]


@pytest.mark.parametrize(
    ("kind", "declared", "deployed"),
    [
        (FUNCTION, {"Timeout": "300"}, {"Timeout": 300}),
        (FUNCTION, {"MemorySize": 512.0}, {"MemorySize": 512}),
        (FUNCTION, {"SnapStart": {"On": True}}, {"SnapStart": {"On": "true"}}),
        (FUNCTION, {"VpcConfig": {"SubnetIds": ["a", "b"]}}, {"VpcConfig": {"SubnetIds": ["b", "a"], "VpcId": "v"}}),
        (FUNCTION, {"Tags": [{"Key": "a", "Value": "1"}]}, {"Tags": [{"Key": k, "Value": "1"} for k in "ba"]}),
        (FUNCTION, {"Description": ""}, {"Description": None}),
        (FUNCTION, {"Layers": []}, {"Layers": None}),
        (FUNCTION, {}, {"Layers": [], "Timeout": 3, "ReservedConcurrentExecutions": None}),
        (FUNCTION, {"Role": f"arn:{unknown('id')}:role"}, {"Role": "arn:123:role"}),
        (ROLE, policy(Action="a"), policy(Action=["a"])),
        (ROLE, policy(Action=["a", "b"]), policy(Action=["b", "a"])),
        (ROLE, policy(Action="a"), {name: json.dumps(value) for name, value in policy(Action="a").items()}),
        (RULE, {"EventPattern": {"a": ["x", "y"]}}, {"EventPattern": {"a": ["y", "x"]}}),
    ],
)
def test_what_aws_gives_back_in_another_form_does_not_differ(kind: str, declared: dict, deployed: dict):
    assert find_differences(kind, declared, deployed) == []


@pytest.mark.parametrize(
    ("kind", "declared", "deployed", "path"),
    [
        (FUNCTION, {"Timeout": 300}, {"Timeout": 30}, "Timeout"),
        (FUNCTION, {"Description": "a"}, {"Description": None}, "Description"),
        (FUNCTION, {"SnapStart": {"On": False}}, {"SnapStart": {"On": None}}, "SnapStart.On"),
        (FUNCTION, {"VpcConfig": {"SubnetIds": ["a"]}}, {"VpcConfig": None}, "VpcConfig.SubnetIds"),
        (FUNCTION, {"Layers": ["a", "b"]}, {"Layers": ["b", "a"]}, "Layers"),
        (FUNCTION, {}, {"Layers": ["a"]}, "Layers"),
        (FUNCTION, {}, {"ReservedConcurrentExecutions": 0}, "ReservedConcurrentExecutions"),
        (FUNCTION, {"Role": f"arn:{unknown('id')}:role"}, {"Role": "arn::role"}, "Role"),
        ("AWS::RDS::DBCluster", {"EngineVersion": "16.1"}, {"EngineVersion": "16.10"}, "EngineVersion"),
        (ROLE, policy(Action="a"), policy(Action=["a", "b"]), "AssumeRolePolicyDocument.Statement[0].Action"),
        (
            ROLE,
            policy(Action="a", Condition={"Bool": {"x": True}}),
            policy(Action="a"),
            "AssumeRolePolicyDocument.Statement[0].Condition.Bool.x",
        ),
        (
            ROLE,
            policy(Action="a"),
            policy(Action="a", NotPrincipal="b"),
            "AssumeRolePolicyDocument.Statement[0].NotPrincipal",
        ),
        (RULE, {"EventPattern": {"a": ["x"]}}, {"EventPattern": {"a": ["x"], "b": ["y"]}}, "EventPattern.b"),
        (
            RULE,
            {"EventPattern": {"a": [{"numeric": [">", 1, "<", 2]}]}},
            {"EventPattern": {"a": [{"numeric": [">", 2, "<", 1]}]}},
            "EventPattern.a[0].numeric",
        ),
        (MACHINE, {"Definition": {"Retry": [1, 2]}}, {"Definition": {"Retry": [1]}}, "Definition.Retry[1]"),
        (MACHINE, {"Definition": {"Max": 1}}, {"Definition": {"Max": "1"}}, "Definition.Max"),
        (MACHINE, {"Definition": {"End": True}}, {"Definition": {"End": 1}}, "Definition.End"),
        (MACHINE, {"Definition": {"ResultPath": None}}, {"Definition": {}}, "Definition.ResultPath"),
        (MACHINE, {"Definition": {}}, {"Definition": {"Parameters": {}}}, "Definition.Parameters"),
    ],
)
def test_what_changes_the_pipeline_differs(kind: str, declared: dict, deployed: dict, path: str):
    assert paths(kind, declared, deployed) == [path]


def test_a_resource_that_is_not_there_is_one_difference():
    assert find_differences(RULE, {"Name": "a", "State": "ENABLED"}, None) == [Difference("", RULE, None)]
    assert str(Difference("", RULE, None)) == f"{RULE} does not exist"


def test_a_difference_says_both_sides():
    (found,) = find_differences(FUNCTION, {"Timeout": 300}, {"Timeout": 3})
    assert str(found) == "Timeout: 300 is declared, 3 is deployed"


@pytest.mark.parametrize("name", ["DB_PASSWORD", "API_KEY", "GITHUB_TOKEN", "db_credentials"])
def test_a_secret_in_a_variable_is_not_shown(name: str):
    declared, deployed = ({"Environment": {"Variables": {name: secret}}} for secret in ("hunter2", "hunter3"))
    for there in (deployed, {"Environment": None}, {"Environment": {"Variables": {name + "_OLD": "hunter4"}}}):
        found = find_differences(FUNCTION, declared, there)
        assert found
        assert "hunter" not in str(found)


def test_what_is_not_compared_has_a_reason():
    declared = {"MasterUserPassword": "a", "Port": 1, "Unheard": 2, "KmsKeyId": unknown("key")}
    found = explain_not_compared(
        "AWS::RDS::DBCluster", declared, {"Port": 1, "KmsKeyId": "k", "MasterUserPassword": None}
    )
    assert found.keys() == {"MasterUserPassword", "Unheard", "KmsKeyId"}
    assert find_differences("AWS::RDS::DBCluster", declared, {"Port": 1, "KmsKeyId": "k"}) == []


names = st.text("abc", min_size=1, max_size=3)
scalars = st.one_of(st.integers(), st.booleans(), st.text("xyz1.", min_size=1))
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)


@settings(deadline=None)
@given(st.dictionaries(names, documents))
def test_nothing_differs_from_itself(properties: dict):
    assert find_differences("AWS::EC2::Subnet", properties, properties) == []


@settings(deadline=None)
@given(st.dictionaries(names, documents), st.randoms(use_true_random=False))
def test_the_order_of_sets_and_what_was_not_declared_make_no_difference(properties: dict, chance: random.Random):
    assert find_differences("AWS::EC2::Subnet", properties, shuffled(properties, chance) | {"Other": 1}) == []


@settings(deadline=None)
@given(st.dictionaries(names, documents, min_size=1), st.data())
def test_a_property_that_has_gone_differs_unless_it_was_empty(properties: dict, data: st.DataObject):
    gone = data.draw(st.sampled_from(sorted(properties)))
    found = paths("AWS::EC2::Subnet", properties, properties | {gone: None})
    assert all(path.split(".")[0].split("[")[0] == gone for path in found)
    assert bool(found) == holds_something(properties[gone])


def shuffled(node: Any, chance: random.Random) -> Any:
    if isinstance(node, dict):
        return {name: shuffled(value, chance) for name, value in node.items()}
    return chance.sample([shuffled(each, chance) for each in node], len(node)) if isinstance(node, list) else node


def holds_something(node: Any) -> bool:
    """An object counts by what is in it, a list by how long it is."""
    return any(map(holds_something, node.values())) if isinstance(node, dict) else node != []
