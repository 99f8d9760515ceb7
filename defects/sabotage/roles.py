"""Changes to the roles' policies."""

from __future__ import annotations

import json
from typing import Any

from defects.sabotage.aws import aws, names
from defects.sabotage.functions import configure


def strip(role: str, action: str) -> None:
    """Remove an action from the policies of a role: lambda_role, state_machine_role or rule_role."""

    def less(statement: dict[str, Any]) -> dict[str, Any] | None:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        left = [each for each in actions if each != action]
        return {**statement, "Action": left} if left else None

    _rewrite(role, lambda statements: [left for each in statements if (left := less(each))])


def strip_to(role: str, action: str, other: str) -> None:
    """Replace an action by another; `strip` would leave no statement if the action is the only one."""
    _rewrite(role, lambda statements: json.loads(json.dumps(statements).replace(f'"{action}"', f'"{other}"')))


def allow(role: str, statement: str) -> None:
    """Add a statement, given as JSON, to the role's policies."""
    _rewrite(role, lambda statements: [*statements, json.loads(statement)])


def point(role: str, old: str, new: str) -> None:
    """Replace a text, such as a resource, in the role's policies."""
    _rewrite(role, lambda statements: json.loads(json.dumps(statements).replace(old, new)))


def run_under(function: str, role: str) -> None:
    """Give the function a new role that Lambda may assume but that has no permissions."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = aws("iam").create_role(RoleName=role, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    configure(function, json.dumps({"Role": arn}))


def _rewrite(role: str, change: Any) -> None:
    iam, name = aws("iam"), names().named(role)
    changed = False
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        statements = change(document["Statement"])
        changed |= statements != document["Statement"]
        document["Statement"] = statements
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
    if not changed:
        raise LookupError(f"no statement of {name} has changed")
