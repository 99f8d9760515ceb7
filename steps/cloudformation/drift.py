"""Drift detection: compares all declared resources with the deployed ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError

from steps.cloudformation.comparison import Difference, explain_not_compared, find_differences
from steps.cloudformation.declared import Clients, Declared, Properties, has_unknown
from steps.cloudformation.resources import RESOURCE_TYPES

_NOT_THERE = re.compile("NotFound|NoSuchEntity|NoSuchBucket|DoesNotExist|Malformed")

Gaps = Mapping[tuple[str, str], str]
"""(CloudFormation type, property) -> the reason why a target cannot read it back."""


@dataclass(frozen=True)
class Comparison:
    """A resource by its logical id, its differences, and the properties not compared, with the reasons."""

    name: str
    kind: str
    differences: list[Difference]
    not_compared: dict[str, str]


def compare(aws: Clients, declared: Mapping[str, Declared], gaps: Gaps | None = None) -> list[Comparison]:
    """Compare each resource in `declared` with the account; the property "" stands for the whole resource.

    Raises ClientError if AWS refuses a request.
    """
    deployed = {name: read(aws, each) for name, each in declared.items()}
    _drop_separate_rules(declared, deployed)
    _drop_separate_policies(declared, deployed)
    return [_compare(name, each, deployed[name], gaps or {}) for name, each in declared.items()]


def read(aws: Clients, declared: Declared) -> Properties | None:
    """Return the deployed properties of the resource `declared`; None if it does not exist.

    A property with the value None is not set; an absent property is one that AWS does not return.
    Raises ClientError if AWS refuses the request.
    """
    known = RESOURCE_TYPES[declared.kind]
    if known.read is None or (has_unknown(declared.ref) and not known.is_read_by_properties):
        return None
    try:
        return known.read(aws, declared)
    except ClientError as error:
        if _NOT_THERE.search(error.response["Error"]["Code"]):
            return None
        raise


def _compare(name: str, declared: Declared, deployed: Properties | None, gaps: Gaps) -> Comparison:
    kind = declared.kind
    hidden = {property: gaps[kind, property] for property in declared.properties if (kind, property) in gaps}
    wanted = {property: value for property, value in declared.properties.items() if property not in hidden}
    reasons = hidden | explain_not_compared(kind, wanted, deployed)
    return Comparison(name, kind, find_differences(kind, wanted, deployed), reasons)


def _drop_separate_rules(declared: Mapping[str, Declared], deployed: dict[str, Properties | None]) -> None:
    """Remove from the security groups in `deployed` the rules that are separate resources and compared as such."""
    for name, group in deployed.items():
        if group is None or declared[name].kind != "AWS::EC2::SecurityGroup":
            continue
        for kind in ("SecurityGroupIngress", "SecurityGroupEgress"):
            separate = [
                {key: value for key, value in rule.items() if key != "GroupId" and value is not None}
                for other, rule in deployed.items()
                if rule and declared[other].kind == f"AWS::EC2::{kind}" and rule["GroupId"] == declared[name].ref
            ]
            group[kind] = [rule for rule in group[kind] if rule not in separate]


def _drop_separate_policies(declared: Mapping[str, Declared], deployed: dict[str, Properties | None]) -> None:
    """Remove from the roles in `deployed` the policies that are separate resources of the template."""
    for name, role in deployed.items():
        if role is None or declared[name].kind != "AWS::IAM::Role":
            continue
        own = [each for each in declared.values() if declared[name].ref in each.properties.get("Roles", ())]
        attached = {each.ref for each in own}
        role["Policies"] = [each for each in role["Policies"] if each["PolicyName"] not in attached]
        role["ManagedPolicyArns"] = [each for each in role["ManagedPolicyArns"] if each not in attached]
