"""A pipeline that somebody else deployed: its declared names and ids, without making anything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from steps.cloudformation.declared import Clients, Declared, unknown
from steps.cloudformation.deploy import declare
from steps.cloudformation.drift import compare
from steps.cloudformation.resources import RESOURCE_TYPES
from tests.steps.cloudformation.conftest import PASSWORD, WHERE, Pipeline, names_of_rule

FOUND_BY_PROPERTIES = {"PrivateRouteA", "PrivateRouteB", "AuroraFromLambda", "EndpointFromLambda"}


def declared(pipeline: Pipeline, aws: Clients | None, password: str = PASSWORD) -> dict[str, Declared]:
    parameters = {"Environment": "declared", "DatabasePassword": password, "AuroraSecretName": "aurora-declared"}
    parameters |= names_of_rule("declared")
    data = declare(pipeline.applications[0], aws, **WHERE, parameters=parameters)
    outputs = data.outputs | {"AuroraEndpoint": pipeline.outputs["AuroraEndpoint"]}
    return data.declared | declare(pipeline.applications[1], aws, **WHERE, parameters=parameters | outputs).declared


def test_names_arns_and_located_ids_are_those_that_deploying_gave(pipeline: Pipeline, client: Clients):
    found = declared(pipeline, client)
    assert {name for name in found if found[name] != pipeline.declared[name]} == FOUND_BY_PROPERTIES
    assert all(found[name].properties == pipeline.declared[name].properties for name in FOUND_BY_PROPERTIES)


def test_a_password_that_is_not_known_fits_any(pipeline: Pipeline, client: Clients):
    found = declared(pipeline, client, password=unknown("the password"))
    assert not [each for each in compare(client, found) if each.differences]


def test_an_unlocated_resource_is_missing_and_its_references_do_not_differ(pipeline: Pipeline, client: Clients):
    found = compare(client, declared(pipeline, None))
    assert {path for each in found for path in (difference.path for difference in each.differences)} == {""}
    missing = {each.name for each in found if each.differences}
    assert {"Vpc", "LambdaSecurityGroup", "AuroraSecret", "S3Endpoint"} <= missing
    assert not {"SplitterFunction", "LambdaRole", "AuroraCluster", "StateMachine", "AuroraSubnetGroup"} & missing


def test_code_that_was_not_built_here_is_not_compared(pipeline: Pipeline, client: Clients):
    without = replace(pipeline.applications[1], packages={})
    outputs = pipeline.outputs | {"Environment": "declared"}
    stack = declare(without, client, **WHERE, parameters=outputs)
    reasons = {(each.name, name) for each in compare(client, stack.declared) for name in each.not_compared}
    layers = {(name, "Content") for name in stack.declared if "Layer" in name}
    assert reasons == layers | {
        ("SplitterFunction", "Code"),
        ("ProcessorFunction", "Code"),
        ("StateMachine", "Definition"),
    }


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::SecretsManager::Secret", {"Name": "nobody-has-it"}),
        ("AWS::Lambda::LayerVersion", {"LayerName": "nobody-has-it"}),
        ("AWS::EC2::VPC", {"CidrBlock": "10.9.0.0/16"}),
        ("AWS::EC2::SecurityGroup", {"GroupName": "nobody-has-it"}),
        ("AWS::S3::Bucket", {"BucketName": "goes-by-its-name"}),
    ],
)
def test_nothing_is_located_where_nothing_fits(kind: str, properties: dict, client: Clients):
    assert RESOURCE_TYPES[kind].find(client, properties) is None


def test_nothing_is_located_where_several_fit(pipeline: Pipeline, client: Clients):
    client("ec2").create_vpc(CidrBlock="10.8.0.0/16")
    client("ec2").create_vpc(CidrBlock="10.8.0.0/16")
    assert RESOURCE_TYPES["AWS::EC2::VPC"].find(client, {"CidrBlock": "10.8.0.0/16"}) is None
