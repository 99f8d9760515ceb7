"""IAM's roles, with their policies."""

from __future__ import annotations

from steps.cloudformation.declared import Clients, Declared, Properties
from steps.cloudformation.resources.api import call, get, get_all, omit, pick
from steps.cloudformation.resources.resource_type import Identity, ResourceType


def create_role(aws: Clients, p: Properties) -> Identity:
    iam, name = aws("iam"), p["RoleName"]
    created = call(iam, "create_role", omit(p, "Policies", "ManagedPolicyArns"))["Role"]
    for policy in p.get("Policies", []):
        call(iam, "put_role_policy", {"RoleName": name, **policy})
    for arn in p.get("ManagedPolicyArns", []):
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    return Identity(name, pick(created, "Arn", "RoleId"))


def read_role(aws: Clients, declared: Declared) -> Properties:
    iam, name = aws("iam"), {"RoleName": declared.ref}
    answer = get(iam, "get_role", "Role", **name)
    inline = get_all(iam, "list_role_policies", "PolicyNames", **name)
    attached = get_all(iam, "list_attached_role_policies", "AttachedPolicies", **name)
    return answer | {
        "Policies": [
            {"PolicyName": each, "PolicyDocument": iam.get_role_policy(PolicyName=each, **name)["PolicyDocument"]}
            for each in inline
        ],
        "ManagedPolicyArns": [policy["PolicyArn"] for policy in attached],
        "PermissionsBoundary": (answer["PermissionsBoundary"] or {}).get("PermissionsBoundaryArn"),
        "Tags": get_all(iam, "list_role_tags", "Tags", **name),
    }


TYPES = [
    ResourceType(
        "AWS::IAM::Role",
        create_role,
        read_role,
        ref="{RoleName}",
        attributes={"Arn": "arn:aws:iam::{account}:role{Path}{RoleName}"},
        implied={"Policies": [], "ManagedPolicyArns": [], "PermissionsBoundary": None},
    )
]
