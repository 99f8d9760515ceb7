"""Steps that compare the deployed resources with their declaration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from pytest_bdd import then, when

from steps.cloudformation.declared import STORE_POLICIES, Declared
from steps.cloudformation.drift import Comparison, compare
from steps.diagnoses.ids import Diagnosis
from steps.drivers.event_rule import REPLACEMENTS
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.targets.environment import Environment
from steps.verdict.record import Record

_STORES = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::RDS::DBCluster")
_KEPT = ("Retain", "RetainExceptOnCreate", "Snapshot")
_DIAGNOSES = {
    ("AWS::Lambda::Function", "Environment"): Diagnosis.ENVIRONMENT_VARIABLE_WRONG,
    ("AWS::Lambda::Function", "VpcConfig"): Diagnosis.FUNCTION_WITHOUT_VPC,
    ("AWS::Lambda::Function", "Layers"): Diagnosis.LAYER_MISSING,
    ("AWS::Lambda::Function", "Handler"): Diagnosis.HANDLER_MISNAMED,
    ("AWS::Lambda::Function", "Role"): Diagnosis.ROLE_WRONG,
    ("AWS::Lambda::Function", "ReservedConcurrentExecutions"): Diagnosis.FUNCTION_THROTTLED,
    ("AWS::Lambda::Function", "Timeout"): Diagnosis.FUNCTION_TIMEOUT,
    ("AWS::Events::Rule", "State"): Diagnosis.RULE_DISABLED,
    ("AWS::Events::Rule", "EventPattern"): Diagnosis.RULE_PATTERN_WRONG,
    ("AWS::Events::Rule", "Targets"): Diagnosis.RULE_TARGET_WRONG,
    **{("AWS::Events::Rule", f"Targets.{each}"): Diagnosis.EVENT_CONTRACT_BROKEN for each in REPLACEMENTS},
    ("AWS::S3::Bucket", "NotificationConfiguration"): Diagnosis.NOTIFICATION_OFF,
    ("AWS::StepFunctions::StateMachine", "Definition"): Diagnosis.STATE_MACHINE_ALTERED,
    ("AWS::StepFunctions::StateMachine", "RoleArn"): Diagnosis.ROLE_WRONG,
    ("AWS::EC2::SecurityGroup", "SecurityGroupIngress"): Diagnosis.SECURITY_GROUP_CLOSED,
    ("AWS::EC2::SecurityGroup", "SecurityGroupEgress"): Diagnosis.SECURITY_GROUP_CLOSED,
    ("AWS::EC2::SecurityGroupIngress", ""): Diagnosis.SECURITY_GROUP_CLOSED,
    ("AWS::EC2::Subnet", "MapPublicIpOnLaunch"): Diagnosis.SUBNET_NOT_PRIVATE,
    ("AWS::EC2::RouteTable", "Routes"): Diagnosis.ROUTE_MISSING,
    ("AWS::EC2::VPCEndpoint", ""): Diagnosis.ROUTE_MISSING,
    ("AWS::DynamoDB::Table", ""): Diagnosis.TABLE_MISSING,
    ("AWS::S3::Bucket", ""): Diagnosis.BUCKET_MISSING,
    ("AWS::SecretsManager::Secret", ""): Diagnosis.SECRET_MISSING,
    ("AWS::Lambda::Function", ""): Diagnosis.FUNCTION_MISSING,
    ("AWS::Events::Rule", ""): Diagnosis.RULE_MISSING,
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
    finding.none(deviations, "resources-as-declared", properties=properties, resources=len(comparison))
    name, declared = next(iter(environment.declared.items()))
    altered = replace(declared, properties=dict.fromkeys(declared.properties, "altered"))
    planted = compare(environment.client, {name: altered}, environment.gaps)
    finding.control("a resource declared otherwise", any(resource.differences for resource in planted))


def _deviations(resource: Comparison) -> list[Deviation]:
    return [Deviation(_diagnosis(resource.kind, each.path), f"{resource.name} {each}") for each in resource.differences]


def _diagnosis(kind: str, path: str) -> Diagnosis:
    property = re.sub(r"\[.*?\]", "", path)
    usual = _DIAGNOSES.get((kind, property.partition(".")[0]), Diagnosis.TEMPLATE_DRIFT)
    return _DIAGNOSES.get((kind, property), usual)


@when("the stores of its template are looked up", target_fixture="stores")
def looked_up(environment: Environment, finding: Finding) -> dict[str, Declared]:
    stores = {name: each for name, each in environment.declared.items() if each.kind in _STORES}
    if not stores:
        finding.not_checked("the template declares no store")
    return stores


@then("none of them is deleted with its stack, or when it is replaced")
def kept(stores: dict[str, Declared], finding: Finding) -> None:
    lost = find_lost(stores)
    finding.holds(not lost, "stores-kept", stores=len(stores), where=", ".join(lost))
    name, store = next(iter(stores.items()))
    finding.control("a store that is deleted", bool(find_lost({name: replace(store, policies={})})))


def find_lost(stores: Mapping[str, Declared]) -> list[str]:
    """Return `Name.DeletionPolicy` or `Name.UpdateReplacePolicy` of each store whose data CloudFormation deletes.

    A store without the attribute is deleted:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    return [
        f"{name}.{policy}"
        for name, store in stores.items()
        for policy in STORE_POLICIES
        if store.policies.get(policy) not in _KEPT
    ]
