"""IAM's roles and policies."""

from __future__ import annotations

from steps.cloudformation.declared import Clients, Declared, Properties, has_unknown
from steps.cloudformation.resources.api import call, get, get_all, omit, pick, rename
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


_ROLES, _DOCUMENT = "Roles", "PolicyDocument"


def create_managed_policy(aws: Clients, p: Properties) -> Identity:
    iam, name = aws("iam"), {"ManagedPolicyName": "PolicyName"}
    arn = call(iam, "create_policy", rename(omit(p, _ROLES), **name))["Policy"]["Arn"]
    for role in p.get(_ROLES, []):
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    return Identity(arn, {"PolicyArn": arn})


def read_managed_policy(aws: Clients, declared: Declared) -> Properties:
    iam, arn = aws("iam"), {"PolicyArn": declared.ref}
    answer = get(iam, "get_policy", "Policy", **arn)
    version = iam.get_policy_version(VersionId=answer["DefaultVersionId"], **arn)["PolicyVersion"]
    return answer | {"ManagedPolicyName": answer["PolicyName"], _DOCUMENT: version["Document"]}


def create_policy(aws: Clients, p: Properties) -> Identity:
    """An inline policy of each of the Roles."""
    for role in p[_ROLES]:
        call(aws("iam"), "put_role_policy", {"RoleName": role, **omit(p, _ROLES)})
    return Identity(p["PolicyName"])


def read_policy(aws: Clients, declared: Declared) -> Properties:
    """The document that the roles have in common, or all of them; nothing if no role's name is known."""
    iam, roles = aws("iam"), [role for role in declared.properties[_ROLES] if not has_unknown(role)]
    if not roles:
        return {}
    found = [iam.get_role_policy(RoleName=role, PolicyName=declared.ref)[_DOCUMENT] for role in roles]
    same = all(each == found[0] for each in found)
    return {"PolicyName": declared.ref, _ROLES: declared.properties[_ROLES], _DOCUMENT: found[0] if same else found}


TYPES = [
    ResourceType(
        "AWS::IAM::ManagedPolicy",
        create_managed_policy,
        read_managed_policy,
        ref="arn:{partition}:iam::{account}:policy{Path}{ManagedPolicyName}",
        attributes={"PolicyArn": "{ref}"},
        unreadable={_ROLES: "it is seen at the roles"},
    ),
    ResourceType("AWS::IAM::Policy", create_policy, read_policy, ref="{PolicyName}"),
    ResourceType(
        "AWS::IAM::Role",
        create_role,
        read_role,
        ref="{RoleName}",
        attributes={"Arn": "arn:{partition}:iam::{account}:role{Path}{RoleName}"},
        implied={"Policies": [], "ManagedPolicyArns": [], "PermissionsBoundary": None},
    ),
]
