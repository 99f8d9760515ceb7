"""Preconditions of the IAM roles: required and forbidden permissions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from pytest_bdd import then, when

from steps.diagnoses.ids import Diagnosis
from steps.drivers.absence import missing
from steps.drivers.event_rule import Rule, Trigger
from steps.drivers.iam import USUAL_ACTIONS, Need, Permissions
from steps.drivers.keys import Key, Keys
from steps.drivers.names import Names
from steps.drivers.step_functions import Workflow
from steps.preconditions import functions as readiness
from steps.preconditions.functions import functions
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.targets.environment import Environment
from steps.targets.settings import Settings
from steps.verdict.record import Record
from steps.verdict.words import enumerate_items

ALLOWED = "allowed"
_TABLES = ("audit_logs", "processing_metadata", "batch_jobs", "job_locks")
_INTERFACES = ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface")


def needed(
    names: Names, secret_arn: str, actions: Mapping[str, Sequence[str]] = USUAL_ACTIONS
) -> dict[str, list[Need]]:
    """Return all actions that the pipeline calls, by the name of the calling role; `actions` are the functions'.

    One role may serve several callers, and then needs the actions of each.
    """
    bucket, functions = names.bucket_arn, names.function_arns
    resources = {
        "uploads": f"{bucket}/incoming/any.csv",
        "bucket": bucket,
        "results": f"{bucket}/results/any/summary.json",
        **{table: _table(names, names.named(table)) for table in _TABLES},
        "secret": secret_arn,
    }
    by_user = {
        "lambda_role": [
            *(Need(resource, action) for what, resource in resources.items() for action in actions[what]),
            *(
                Need(names.arn("logs", f"log-group:{group}:log-stream:any"), f"logs:{action}")
                for group in names.log_groups
                for action in ("CreateLogStream", "PutLogEvents")
            ),
            *(Need("*", f"ec2:{action}") for action in _INTERFACES),
        ],
        "state_machine_role": [Need(function, "lambda:InvokeFunction") for function in functions],
        "rule_role": [Need(names.state_machine_arn, "states:StartExecution")],
    }
    roles: dict[str, list[Need]] = {}
    for user, needs in by_user.items():
        roles.setdefault(names.named(user), []).extend(needs)
    return roles


def forbidden(names: Names, actions: Mapping[str, Sequence[str]] = USUAL_ACTIONS) -> list[Need]:
    """Return the actions that no role may perform; a role that may is too broad.

    What the functions may do with the pipeline's bucket and tables, their `actions`, nobody may do with others.
    """
    another_bucket = names.bucket_arn.replace(names.bucket, "another-bucket")
    elsewhere = {
        **{"uploads": f"{another_bucket}/any.csv", "results": f"{another_bucket}/any.csv", "bucket": another_bucket},
        **dict.fromkeys(_TABLES, _table(names, "another-table")),
        "secret": names.arn("secretsmanager", "secret:another-secret-AbCdEf"),
    }
    return [
        *dict.fromkeys(Need(elsewhere[what], action) for what in elsewhere for action in actions[what]),
        Need("*", "iam:CreateUser"),
        Need("*", "iam:PassRole"),
        Need("*", "iam:PutRolePolicy"),
        Need(replace(names, account="123456789012").role_arn("any"), "sts:AssumeRole"),
        Need(f"{another_bucket}/any.csv", "s3:GetObject"),
        Need(f"{names.bucket_arn}/incoming/any.csv", "s3:DeleteObjectVersion"),
        Need(f"{names.bucket_arn}/incoming/any.csv", "s3:PutObject"),  # which would start the pipeline again
        Need(_table(names, names.audit_logs), "dynamodb:DeleteTable"),
        Need(names.arn("lambda", "function:another-function"), "lambda:InvokeFunction"),
        Need(names.arn("states", "stateMachine:another-machine"), "states:StartExecution"),
        Need(names.arn("lambda", f"function:{names.functions[0]}"), "lambda:UpdateFunctionCode"),
    ]


def lacking(role: str, decisions: Mapping[Need, str], statements: Sequence[Mapping[str, Any]] = ()) -> list[Deviation]:
    """Return the needs of the role that IAM does not allow; of an explicit denial, with the role's own statement."""
    found = []
    for need, decision in decisions.items():
        if decision != ALLOWED:
            denied = _tell_statement(statements, "Deny", need) if decision == "explicitDeny" else ""
            text = f"{role} may not {need.action} on {need.resource} ({decision}{denied})"
            found.append(Deviation(Diagnosis.PERMISSION_MISSING, text))
    return found


def excessive(
    role: str, decisions: Mapping[Need, str], statements: Sequence[Mapping[str, Any]] = ()
) -> list[Deviation]:
    """Return the forbidden actions that a role may do, each with the role's statement that allows it."""
    return [
        Deviation(
            Diagnosis.PERMISSION_TOO_BROAD,
            f"{role} may {need.action} on {need.resource}{_tell_statement(statements, 'Allow', need)}",
        )
        for need, decision in decisions.items()
        if decision == ALLOWED
    ]


def _tell_statement(statements: Iterable[Mapping[str, Any]], effect: str, need: Need) -> str:
    """Return the first statement with this effect on the need, in words; conditions are ignored."""
    for each in statements:
        actions, resources = (_listed(each.get(name, ())) for name in ("Action", "Resource"))
        if (
            each["Effect"] == effect
            and any(fnmatchcase(need.action.lower(), pattern.lower()) for pattern in actions)
            and any(fnmatchcase(need.resource, pattern) for pattern in resources)
        ):
            told = (f"{name}: {', '.join(_listed(each[name]))}" for name in ("Effect", "Action", "Resource"))
            return f" by the Statement with {'; '.join(told)}"
    return ""


def wildcards(role: str, statements: Iterable[Mapping[str, Any]]) -> tuple[list[Deviation], list[str]]:
    """Return a deviation per wildcard in an allowed action, and a remark per statement that allows every resource.

    The statements of a trust policy, which have a Principal, are about the role itself, and get no remark.
    """
    deviations, remarks = [], []
    for statement in statements:
        actions, is_trust = _listed(statement.get("Action", "*")), "Principal" in statement
        if statement["Effect"] != "Allow":
            continue
        for action in actions:
            if "*" in action or "?" in action:
                on = ", ".join(_listed(statement.get("Resource", "*")))
                where = "its AssumeRolePolicyDocument" if is_trust else f"the Statement on {on}"
                text = f"{role} is allowed {action}, a wildcard in {where}"
                deviations.append(Deviation(Diagnosis.PERMISSION_TOO_BROAD, text))
        if not is_trust and "*" in _listed(statement.get("Resource", "*")):
            remarks.append(f"{role} is allowed {', '.join(actions)} on every resource")
    return deviations, remarks


def _listed(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _table(names: Names, table: str) -> str:
    return names.arn("dynamodb", f"table/{table}")


_SERVICES = {"lambda_role": "lambda", "state_machine_role": "states", "rule_role": "events"}
"""The service assuming each role, by the key of its name."""


@dataclass(frozen=True)
class Roles:
    """The answers of IAM for each role: its ARN, None if the role does not exist; the rest for existing roles only.

    needs, forbidden: the decision on each action. trusted: True if the service may assume the role, by (role, service).
    statements: the statements of all its policies. trust: those of its trust policy.
    """

    arns: dict[str, str | None]
    needs: dict[str, dict[Need, str]]
    forbidden: dict[str, dict[Need, str]]
    trusted: dict[tuple[str, str], bool]
    statements: dict[str, list[dict[str, Any]]]
    trust: dict[str, list[dict[str, Any]]]


@when("IAM is asked what the three roles may do", target_fixture="roles")
def asked(environment: Environment, settings: Settings) -> Roles:
    names, permissions = environment.names, Permissions(environment.client("iam"))
    needs = needed(names, environment.secret_arn, settings.actions)
    arns = {role: permissions.role(role) for role in needs}
    there = {role: arn for role, arn in arns.items() if arn is not None}
    return Roles(
        arns,
        {role: permissions.decisions(arn, needs[role]) for role, arn in there.items()},
        {role: permissions.decisions(arn, forbidden(names, settings.actions)) for role, arn in there.items()},
        {(role, service): permissions.trusts(role, service) for role, service in _services(names) if role in there},
        {role: list(permissions.statements(role)) for role in there},
        {role: permissions.trust(role) for role in there},
    )


def _services(names: Names) -> list[tuple[str, str]]:
    """Each role with the service that its trust policy has to admit."""
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
        *readiness.not_ready({name: f for name, f in found.items() if f is None}),
        *([] if machine else [missing(names, "state_machine")]),
        *([] if rule else [missing(names, "rule")]),
        *(missing(names, key) for key in _SERVICES if roles.arns[names.named(key)] is None),
    ]
    deviations += [
        Deviation(Diagnosis.ROLE_WRONG, f"{user} uses {got}, not {roles.arns[role] or role}")
        for user, (got, role) in users.items()
        if got is None or got != roles.arns[role]
    ]
    deviations += [
        Deviation(Diagnosis.ROLE_WRONG, f"{role} may not be assumed by {service}")
        for (role, service), trusted in roles.trusted.items()
        if not trusted
    ]
    finding.none(deviations, "roles-used", roles=enumerate_items(roles.arns))


@then("every action that the pipeline needs is allowed")
def allowed(roles: Roles, finding: Finding) -> None:
    deviations = [
        each for role, decisions in roles.needs.items() for each in lacking(role, decisions, roles.statements[role])
    ]
    count = sum(map(len, roles.needs.values()))
    finding.none(deviations, "actions-allowed", actions=count)
    judged = {decision for decisions in roles.forbidden.values() for decision in decisions.values()}
    finding.control("an action that is not allowed", any(decision != ALLOWED for decision in judged))


@then("the functions' role may use the keys that encrypt what they read and write")
def keys_usable(roles: Roles, environment: Environment, record: Record, finding: Finding) -> None:
    names = environment.names
    keys = Keys(environment.client).found(names, environment.secret_arn)
    if arn := roles.arns[names.lambda_role]:
        needs = [Need(key.arn, action) for key in keys for action in key.actions if not key.fault]
        decisions = Permissions(environment.client("iam")).decisions(arn, needs)
        finding.none(unusable(names.lambda_role, arn, keys, decisions), "keys-usable", keys=len(keys))
    record.notes += [
        f"the policy of {key.arn}, the key of {key.user}, may not be read: it has to allow {names.lambda_role}"
        for key in keys
        if key.statements is None and not key.fault
    ]
    lost = Key("any", "any", ("kms:Decrypt",), "does not exist")
    finding.control("a key that does not exist", bool(unusable("any", "any", [lost], {})))


def unusable(role: str, arn: str, keys: Iterable[Key], decisions: Mapping[Need, str]) -> list[Deviation]:
    """Return the keys that do not exist or are off, and the actions on the others that the role may not do.

    `decisions` are those of the role's own policies, which count only where the key's policy leaves it to them. Where
    that policy is not known, they are all that counts.
    """
    deviations = []
    root = re.sub(r":role/.*", ":root", arn)
    for key in keys:
        if key.fault:
            text = f"{key.user} is encrypted by the key {key.arn}, which {key.fault}"
            deviations.append(Deviation(Diagnosis.PERMISSION_MISSING, text))
            continue
        for action in key.actions:
            left_to_role = key.statements is None or key.grants(root, action)
            decision = decisions.get(Need(key.arn, action), "implicitDeny") if left_to_role else "implicitDeny"
            if decision != ALLOWED and not key.grants(arn, action):
                text = f"{role} may not {action} on {key.arn}, the key of {key.user} ({decision})"
                deviations.append(Deviation(Diagnosis.PERMISSION_MISSING, text))
    return deviations


@then("nothing is allowed that none of them may do")
def nothing_else(roles: Roles, record: Record, finding: Finding) -> None:
    deviations = []
    for role, statements in roles.statements.items():
        deviations += excessive(role, roles.forbidden[role], statements)
        wild, remarks = wildcards(role, [*statements, *roles.trust[role]])
        deviations += wild
        record.notes += remarks
    count = sum(map(len, roles.forbidden.values()))
    finding.none(deviations, "actions-forbidden", actions=count)
    plant = [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]
    finding.control("a wildcard", bool(wildcards("any", plant)[0]))


def _role_of(rule: Rule) -> str | None:
    return str(rule.targets[0].get("RoleArn")) if rule.targets else None
