"""The roles' permissions, as evaluated by IAM itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from steps.drivers.absence import unless_absent
from steps.drivers.partition import aws_domains

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

USUAL_ACTIONS: dict[str, tuple[str, ...]] = {
    "uploads": ("s3:GetObjectVersion",),
    "bucket": ("s3:ListBucket", "s3:ListBucketVersions"),
    "results": ("s3:PutObject",),
    "audit_logs": ("dynamodb:PutItem",),
    "processing_metadata": ("dynamodb:PutItem",),
    "batch_jobs": ("dynamodb:UpdateItem",),
    "job_locks": ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"),
    "secret": ("secretsmanager:GetSecretValue",),
}
"""The actions that the functions need, by the resource they act on, unless the settings override them."""


@dataclass(frozen=True, order=True)
class Need:
    """An action on a resource; the resource is an ARN or `*`."""

    resource: str
    action: str


class Permissions:
    """Reads and simulates the policies of roles through IAM."""

    def __init__(self, iam: IAMClient) -> None:
        self._iam = iam

    def role(self, name: str) -> str | None:
        """The ARN of the role of that name, or None if it does not exist."""
        answer = unless_absent(lambda: self._iam.get_role(RoleName=name))
        return answer and answer["Role"]["Arn"]

    def trusts(self, name: str, service: str) -> bool:
        """True if the role's trust policy lets that service assume it; conditions are ignored.

        `service` is a principal such as lambda.amazonaws.com, which may also be named with a region, or with the domain
        of another partition.
        """
        return any(_admits(each, service) for each in self.trust(name))

    def trust(self, name: str) -> list[dict[str, Any]]:
        """The statements of the role's trust policy; none if the role does not exist."""
        answer = unless_absent(lambda: self._iam.get_role(RoleName=name))
        document = answer["Role"].get("AssumeRolePolicyDocument") if answer else None
        return _statements(document) if document else []

    def decisions(self, role_arn: str, needs: Iterable[Need]) -> dict[Need, str]:
        """The decision of SimulatePrincipalPolicy for each need: `allowed`, `implicitDeny` or `explicitDeny`.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
        """
        simulate = self._iam.get_paginator("simulate_principal_policy")
        decisions: dict[Need, str] = {}
        for resource, group in groupby(sorted(needs), key=lambda need: need.resource):
            pages = simulate.paginate(
                PolicySourceArn=role_arn, ActionNames=[need.action for need in group], ResourceArns=[resource]
            )
            for page in pages:
                for result in page["EvaluationResults"]:
                    decisions[Need(resource, result["EvalActionName"])] = result["EvalDecision"]
        return decisions

    def statements(self, role: str) -> Iterator[dict[str, Any]]:
        """Every statement of the role's policies, inline and attached."""
        for page in self._iam.get_paginator("list_role_policies").paginate(RoleName=role):
            for name in page["PolicyNames"]:
                yield from _statements(self._iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])
        for attached in self._iam.get_paginator("list_attached_role_policies").paginate(RoleName=role):
            for policy in attached["AttachedPolicies"]:
                version = self._iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
                found = self._iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)
                yield from _statements(found["PolicyVersion"]["Document"])

    @contextmanager
    def withdrawn(self, role: str, action: str, on: str = "") -> Iterator[None]:
        """Remove `action` from the role's inline policies within the block, then restore them.

        `on`: change only the statements all of whose resource ARNs contain this text.
        """
        names = self._iam.list_role_policies(RoleName=role)["PolicyNames"]
        before = {
            name: _statements(self._iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])
            for name in names
        }
        try:
            for name, statements in before.items():
                self._put(role, name, [kept for each in statements if (kept := _without(each, action, on))])
            yield
        finally:
            for name, statements in before.items():
                self._put(role, name, statements)

    def _put(self, role: str, name: str, statements: list[dict[str, Any]]) -> None:
        if not statements:  # a policy needs at least one statement
            self._iam.delete_role_policy(RoleName=role, PolicyName=name)
            return
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self._iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)


def _admits(statement: dict[str, Any], service: str) -> bool:
    principal = statement.get("Principal", {})
    services = principal.get("Service", []) if isinstance(principal, dict) else []
    name, domains = service.partition(".")[0], "|".join(map(re.escape, aws_domains()))
    principal_of_service = re.compile(rf"{re.escape(name)}(\.[a-z0-9-]+)?({domains})")
    return statement["Effect"] == "Allow" and any(map(principal_of_service.fullmatch, _listed(services)))


def _without(statement: dict[str, Any], action: str, on: str) -> dict[str, Any] | None:
    """The statement without `action`, if it allows that on such resources; None if no other action is left."""
    if statement["Effect"] != "Allow" or "Action" not in statement:
        return statement
    if not all(on in resource for resource in _listed(statement.get("Resource", []))):
        return statement
    rest = [each for each in _listed(statement["Action"]) if each != action]
    return {**statement, "Action": rest} if rest else None


def _listed(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _statements(document: Any) -> list[dict[str, Any]]:
    """The statements of a policy document, which AWS returns as text or parsed."""
    parsed = json.loads(unquote(document)) if isinstance(document, str) else document
    return [parsed["Statement"]] if isinstance(parsed["Statement"], dict) else parsed["Statement"]
