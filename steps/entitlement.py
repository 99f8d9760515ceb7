"""What each role has to be allowed, and what none of them may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from steps.deviation import Deviation
from steps.drivers.names import Names
from steps.drivers.permissions import USUAL_ACTIONS, Need

ALLOWED = "allowed"
_TABLES = ("audit_logs", "processing_metadata", "batch_jobs", "job_locks")
_INTERFACES = ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface")


def needed(
    names: Names, secret_arn: str, actions: Mapping[str, Sequence[str]] = USUAL_ACTIONS
) -> dict[str, list[Need]]:
    """All that the pipeline calls, by the name of the role that it calls it under; `actions` are the functions'.

    One role may serve several, and then needs what each of them calls.
    """
    bucket, functions = f"arn:aws:s3:::{names.bucket}", [names.arn("lambda", f"function:{f}") for f in names.functions]
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


def forbidden(names: Names) -> list[Need]:
    """What none of the roles may do; a role that may is taken for too broad."""
    return [
        Need("*", "iam:CreateUser"),
        Need("*", "iam:PassRole"),
        Need("*", "iam:PutRolePolicy"),
        Need("arn:aws:iam::123456789012:role/any", "sts:AssumeRole"),
        Need("arn:aws:s3:::another-bucket/any.csv", "s3:GetObject"),
        Need(f"arn:aws:s3:::{names.bucket}/incoming/any.csv", "s3:DeleteObjectVersion"),
        Need(f"arn:aws:s3:::{names.bucket}/incoming/any.csv", "s3:PutObject"),  # which would start the pipeline again
        Need(names.arn("secretsmanager", "secret:another-secret-AbCdEf"), "secretsmanager:GetSecretValue"),
        Need(_table(names, names.audit_logs), "dynamodb:DeleteTable"),
        Need(_table(names, "another-table"), "dynamodb:PutItem"),
        Need(names.arn("lambda", "function:another-function"), "lambda:InvokeFunction"),
        Need(names.arn("states", "stateMachine:another-machine"), "states:StartExecution"),
        Need(names.arn("lambda", f"function:{names.functions[0]}"), "lambda:UpdateFunctionCode"),
    ]


def lacking(role: str, decisions: Mapping[Need, str]) -> list[Deviation]:
    """The needs of a role that IAM does not allow."""
    return [
        Deviation("permission-missing", f"{role} may not {need.action} on {need.resource} ({decision})")
        for need, decision in decisions.items()
        if decision != ALLOWED
    ]


def excessive(role: str, decisions: Mapping[Need, str]) -> list[Deviation]:
    """What a role may do though none may."""
    return [
        Deviation("permission-too-broad", f"{role} may {need.action} on {need.resource}")
        for need, decision in decisions.items()
        if decision == ALLOWED
    ]


def wildcards(role: str, statements: Iterable[Mapping[str, Any]]) -> tuple[list[Deviation], list[str]]:
    """(allowed actions that are wildcards, which fail; actions allowed on every resource, which are worth a look)."""
    deviations, remarks = [], []
    for statement in statements:
        actions = _listed(statement.get("Action", "*"))
        if statement["Effect"] != "Allow":
            continue
        for action in actions:
            if "*" in action or "?" in action:
                deviations.append(Deviation("permission-too-broad", f"{role} is allowed {action}, a wildcard"))
        if "*" in _listed(statement.get("Resource", "*")):
            remarks.append(f"{role} is allowed {', '.join(actions)} on every resource")
    return deviations, remarks


def _listed(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _table(names: Names, table: str) -> str:
    return names.arn("dynamodb", f"table/{table}")
