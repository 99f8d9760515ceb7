"""Drift detection: compares all declared resources with the deployed ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from steps.cloudformation.comparison import Difference, differences, not_compared
from steps.cloudformation.declared import Clients, Declared, Properties
from steps.cloudformation.reading import READERS, deployed

Gaps = Mapping[tuple[str, str], str]
"""(CloudFormation type, property) -> the reason why a target cannot read it back."""


@dataclass(frozen=True)
class Compared:
    """A resource by its logical id, its differences, and the properties not compared, with the reasons."""

    name: str
    kind: str
    differences: list[Difference]
    not_compared: dict[str, str]


def compared(aws: Clients, declared: Mapping[str, Declared], gaps: Gaps | None = None) -> list[Compared]:
    """Compare each resource in `declared` with the account; the property "" stands for the whole resource.

    Raises ClientError if AWS refuses a request.
    """
    there = {name: deployed(aws, each) for name, each in declared.items() if each.kind in READERS}
    _drop_rules_declared_apart(declared, there)
    return [_compared(name, each, there, gaps or {}) for name, each in declared.items()]


def _compared(name: str, declared: Declared, there: Mapping[str, Properties | None], gaps: Gaps) -> Compared:
    kind = declared.kind
    if name not in there:
        return Compared(name, kind, [], {"": f"nothing reads back a resource of type {kind}"})
    hidden = {property: gaps[kind, property] for property in declared.properties if (kind, property) in gaps}
    wanted = {property: value for property, value in declared.properties.items() if property not in hidden}
    found = there[name]
    return Compared(name, kind, differences(kind, wanted, found), hidden | not_compared(kind, wanted, found))


def _drop_rules_declared_apart(declared: Mapping[str, Declared], there: dict[str, Properties | None]) -> None:
    """Remove from the security groups in `there` the rules that are separate resources and compared as such."""
    for name, group in declared.items():
        for kind in ("SecurityGroupIngress", "SecurityGroupEgress"):
            found = there.get(name)
            if group.kind == "AWS::EC2::SecurityGroup" and found is not None:
                apart = [
                    {key: value for key, value in rule.items() if key != "GroupId" and value is not None}
                    for other, rule in there.items()
                    if rule and declared[other].kind == f"AWS::EC2::{kind}" and rule["GroupId"] == group.ref
                ]
                there[name] = found | {kind: [rule for rule in found[kind] if rule not in apart]}
