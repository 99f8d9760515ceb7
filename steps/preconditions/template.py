"""Steps that compare the deployed resources with their declaration."""

from __future__ import annotations

import re
from dataclasses import replace

from pytest_bdd import then, when

from steps.cloudformation.drift import Comparison, compare
from steps.drivers.event_rule import REPLACEMENTS
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.targets.environment import Environment
from steps.verdict.record import Record

_DIAGNOSES = {
    ("AWS::Lambda::Function", "Environment"): "environment-variable-wrong",
    ("AWS::Lambda::Function", "VpcConfig"): "function-without-vpc",
    ("AWS::Lambda::Function", "Layers"): "layer-missing",
    ("AWS::Lambda::Function", "Handler"): "handler-misnamed",
    ("AWS::Lambda::Function", "Role"): "role-wrong",
    ("AWS::Lambda::Function", "ReservedConcurrentExecutions"): "function-throttled",
    ("AWS::Lambda::Function", "Timeout"): "function-timeout",
    ("AWS::Events::Rule", "State"): "rule-disabled",
    ("AWS::Events::Rule", "EventPattern"): "rule-pattern-wrong",
    ("AWS::Events::Rule", "Targets"): "rule-target-wrong",
    **{("AWS::Events::Rule", f"Targets.{each}"): "event-contract-broken" for each in REPLACEMENTS},
    ("AWS::S3::Bucket", "NotificationConfiguration"): "notification-off",
    ("AWS::StepFunctions::StateMachine", "Definition"): "state-machine-altered",
    ("AWS::StepFunctions::StateMachine", "RoleArn"): "role-wrong",
    ("AWS::EC2::SecurityGroup", "SecurityGroupIngress"): "security-group-closed",
    ("AWS::EC2::SecurityGroup", "SecurityGroupEgress"): "security-group-closed",
    ("AWS::EC2::SecurityGroupIngress", ""): "security-group-closed",
    ("AWS::EC2::Subnet", "MapPublicIpOnLaunch"): "subnet-not-private",
    ("AWS::EC2::RouteTable", "Routes"): "route-missing",
    ("AWS::EC2::VPCEndpoint", ""): "route-missing",
    ("AWS::DynamoDB::Table", ""): "table-missing",
    ("AWS::S3::Bucket", ""): "bucket-missing",
    ("AWS::SecretsManager::Secret", ""): "secret-missing",
    ("AWS::Lambda::Function", ""): "function-missing",
    ("AWS::Events::Rule", ""): "rule-missing",
}
"""The diagnosis of a difference, by type and property or a part of it; "" stands for a missing resource."""


@when("every declared property is read back", target_fixture="comparison")
def read_back(environment: Environment) -> list[Comparison]:
    return compare(environment.client, environment.declared, environment.gaps)


@then("each is deployed as it is declared")
def as_declared(comparison: list[Comparison], environment: Environment, record: Record, finding: Finding) -> None:
    deviations = [each for resource in comparison for each in _deviations(resource)]
    record.notes += [
        f"not compared: {resource.name} {property}: {why}".replace("  ", " ")
        for resource in comparison
        for property, why in resource.not_compared.items()
    ]
    properties = sum(len(each.properties) for each in environment.declared.values())
    finding.none(
        deviations, wanted=f"{properties} properties of {len(comparison)} resources as declared", got="as declared"
    )
    name, declared = next(iter(environment.declared.items()))
    altered = replace(declared, properties=dict.fromkeys(declared.properties, "altered"))
    planted = compare(environment.client, {name: altered}, environment.gaps)
    finding.control("a resource declared otherwise", any(resource.differences for resource in planted))


def _deviations(resource: Comparison) -> list[Deviation]:
    return [Deviation(_diagnosis(resource.kind, each.path), f"{resource.name} {each}") for each in resource.differences]


def _diagnosis(kind: str, path: str) -> str:
    property = re.sub(r"\[.*?\]", "", path)
    usual = _DIAGNOSES.get((kind, property.partition(".")[0]), "template-drift")
    return _DIAGNOSES.get((kind, property), usual)
