"""Steps about the roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_bdd import then, when

from steps import readiness
from steps.deviation import Deviation
from steps.drivers.absence import missing
from steps.drivers.names import Names
from steps.drivers.permissions import Need, Permissions
from steps.drivers.trigger import Rule, Trigger
from steps.drivers.workflow import Workflow
from steps.entitlement import ALLOWED, excessive, forbidden, lacking, needed, wildcards
from steps.finding import Finding
from steps.function_steps import functions
from steps.reporting.record import Record
from steps.targets.environment import Environment
from steps.targets.settings import Settings

_SERVICES = {"lambda_role": "lambda", "state_machine_role": "states", "rule_role": "events"}
"""Who assumes each role, by the key of its name."""


@dataclass(frozen=True)
class Roles:
    """What IAM says of each role: its ARN, None where there is none; and of those that are there, the rest.

    needs, forbidden: how it judges them. trusted: whether each of its services may assume it, by role and service.
    statements: of all its policies.
    """

    arns: dict[str, str | None]
    needs: dict[str, dict[Need, str]]
    forbidden: dict[str, dict[Need, str]]
    trusted: dict[tuple[str, str], bool]
    statements: dict[str, list[dict[str, Any]]]


@when("IAM is asked what the three roles may do", target_fixture="roles")
def asked(environment: Environment, settings: Settings) -> Roles:
    names, permissions = environment.names, Permissions(environment.client("iam"))
    needs = needed(names, environment.secret_arn, settings.actions)
    arns = {role: permissions.role(role) for role in needs}
    there = {role: arn for role, arn in arns.items() if arn is not None}
    return Roles(
        arns,
        {role: permissions.decisions(arn, needs[role]) for role, arn in there.items()},
        {role: permissions.decisions(arn, forbidden(names)) for role, arn in there.items()},
        {(role, service): permissions.trusts(role, service) for role, service in _services(names) if role in there},
        {role: list(permissions.statements(role)) for role in there},
    )


def _services(names: Names) -> list[tuple[str, str]]:
    """Each role with a service that has to be trusted by it."""
    return [(names.named(role), f"{service}.amazonaws.com") for role, service in _SERVICES.items()]


@then("the functions, the state machine and the rule use them")
def used(roles: Roles, environment: Environment, workflow: Workflow, trigger: Trigger, finding: Finding) -> None:
    names, machine, rule = environment.names, workflow.found(), trigger.found()
    found = functions(environment).found()
    users = {
        **{name: (f.role, names.lambda_role) for name, f in found.items() if f},
        **({names.state_machine: (machine.role, names.state_machine_role)} if machine else {}),
        **({names.rule: (_role_of(rule), names.rule_role)} if rule else {}),
    }
    deviations = [
        *readiness.missing({name: f for name, f in found.items() if f is None}),
        *([] if machine else [missing(names, "state_machine")]),
        *([] if rule else [missing(names, "rule")]),
        *(missing(names, key) for key in _SERVICES if roles.arns[names.named(key)] is None),
    ]
    deviations += [
        Deviation("role-wrong", f"{user} uses {got}, not {roles.arns[role] or role}")
        for user, (got, role) in users.items()
        if got is None or got != roles.arns[role]
    ]
    deviations += [
        Deviation("role-wrong", f"{role} may not be assumed by {service}")
        for (role, service), trusted in roles.trusted.items()
        if not trusted
    ]
    finding.none(deviations, wanted=f"{len(users)} users of the roles made by Terraform", got=", ".join(roles.arns))


@then("every action that the pipeline needs is allowed")
def allowed(roles: Roles, finding: Finding) -> None:
    deviations = [each for role, decisions in roles.needs.items() for each in lacking(role, decisions)]
    count = sum(map(len, roles.needs.values()))
    finding.none(deviations, wanted=f"{count} actions allowed", got=f"{count} allowed")
    judged = {decision for decisions in roles.forbidden.values() for decision in decisions.values()}
    finding.control("an action that is not allowed", any(decision != ALLOWED for decision in judged))


@then("nothing is allowed that none of them may do")
def nothing_else(roles: Roles, record: Record, finding: Finding) -> None:
    deviations = [each for role, decisions in roles.forbidden.items() for each in excessive(role, decisions)]
    for role, statements in roles.statements.items():
        wild, remarks = wildcards(role, statements)
        deviations += wild
        record.notes += remarks
    count = sum(map(len, roles.forbidden.values()))
    finding.none(deviations, wanted=f"{count} actions forbidden, no wildcards", got=f"{count} forbidden")
    plant = [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]
    finding.control("a wildcard", bool(wildcards("any", plant)[0]))


def _role_of(rule: Rule) -> str | None:
    return str(rule.targets[0].get("RoleArn")) if rule.targets else None
