"""Users and roles: the owner of an access key and the policies that apply to it, read through AWS's own APIs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from local_aws.iam.memory import Memory
from local_aws.iam.policies import Policy, policy_of
from local_aws.iam.trust import TrustPolicy
from local_aws.iam.wildcards import Context
from local_aws.internal_client import CallFailed, Wire


class Identity(NamedTuple):
    """A user, a role or a group."""

    kind: str
    """As in IAM's API: `User`, `Role` or `Group`."""
    name: str


class Caller(NamedTuple):
    """The caller."""

    arn: str
    """The ARN of the user or of the role session."""
    identity: Identity
    identity_arn: str
    """The user's or role's ARN."""

    @property
    def context(self) -> Context:
        """The caller's condition keys."""
        account = self.arn.split(":")[4]
        kind = {"User": "User", "Role": "AssumedRole"}[self.identity.kind]
        known = {
            "aws:principalarn": (self.identity_arn,),
            "aws:principalaccount": (account,),
            "aws:principaltype": (kind,),
            "aws:principalisawsservice": ("false",),
        }
        return known | ({"aws:username": (self.identity.name,)} if kind == "User" else {})


class Identities:
    """The account's users and roles; answers are cached until a policy or an identity is written."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._memory = Memory()

    def caller(self, access_key: str) -> Caller | None:
        """The owner of an access key; None for the root user's key and keys that IAM and STS did not issue."""
        return self._memory.recall(access_key, lambda: self._read_caller(access_key))

    def session(self, role_arn: str, session: str) -> Caller:
        """A session of a role that a service has assumed without calling STS."""
        _, partition, _, _, account, _ = role_arn.split(":", 5)
        name = role_arn.rpartition("/")[2]
        return Caller(f"arn:{partition}:sts::{account}:assumed-role/{name}/{session}", Identity("Role", name), role_arn)

    def policies(self, identity: Identity) -> tuple[Policy, ...] | None:
        """All policies of an identity, for a user including its groups' policies; None if it does not exist."""
        return self._memory.recall(identity, lambda: self._read_policies(identity))

    def boundary(self, identity: Identity) -> tuple[Policy, ...] | None:
        """The permissions boundary of a user or a role; None if it has none."""
        return self._memory.recall(("boundary", identity), lambda: self._read_boundary(identity))

    def trust(self, role_arn: str) -> TrustPolicy | None:
        """The trust policy of a role; None if there is no such role."""
        return self._memory.recall(("trust", role_arn), lambda: self._read_trust(role_arn))

    def bucket_policy(self, bucket: str, region: str) -> TrustPolicy:
        """The policy of a bucket, which names principals like a trust policy; without statements if it has none."""
        return self._memory.recall(("bucket", bucket), lambda: self._read_bucket_policy(bucket, region))

    def forget(self) -> None:
        """Drop the cache after a write."""
        self._memory.forget()

    def _read_caller(self, access_key: str) -> Caller | None:
        arn = _text(self._wire.query("sts", "GetCallerIdentity", {}, access_key=access_key), "Arn")
        kind, _, path = arn.split(":", 5)[5].partition("/")
        if kind == "assumed-role":
            role = path.partition("/")[0]
            return Caller(arn, Identity("Role", role), self._arn_of("Role", role) or arn)
        name = path.rpartition("/")[2]
        identity_arn = self._arn_of("User", name)  # moto reports unknown access keys as a user too
        return Caller(arn, Identity("User", name), identity_arn) if identity_arn else None

    def _arn_of(self, kind: str, name: str) -> str | None:
        found = self._found(f"Get{kind}", {f"{kind}Name": name})
        return None if found is None else _text(found, "Arn")

    def _read_policies(self, identity: Identity) -> tuple[Policy, ...] | None:
        kind, name = identity
        if self._arn_of(kind, name) is None:
            return None
        own = tuple(self._of_one(identity))
        if kind != "User":
            return own
        groups = self._wire.query("iam", "ListGroupsForUser", {"UserName": name})
        joined = (Identity("Group", each.text or "") for each in groups.iter("GroupName"))
        return own + tuple(policy for group in joined for policy in self._of_one(group))

    def _of_one(self, identity: Identity) -> Iterator[Policy]:
        """Yield the inline and attached policies of one user, role or group."""
        kind, name = identity
        whose = {f"{kind}Name": name}
        for inline in self._wire.query("iam", f"List{kind}Policies", {**whose, "MaxItems": "1000"}).iter("member"):
            policy = inline.text or ""
            answer = self._wire.query("iam", f"Get{kind}Policy", {**whose, "PolicyName": policy})
            yield policy_of(_document(answer, "PolicyDocument"), f"{kind.lower()}_{name}_{policy}")
        attached = self._wire.query("iam", f"ListAttached{kind}Policies", {**whose, "MaxItems": "1000"})
        yield from (self._managed(each.text or "") for each in attached.iter("PolicyArn"))

    def _managed(self, arn: str) -> Policy:
        described = self._wire.query("iam", "GetPolicy", {"PolicyArn": arn})
        version = {"PolicyArn": arn, "VersionId": _text(described, "DefaultVersionId")}
        document = _document(self._wire.query("iam", "GetPolicyVersion", version), "Document")
        return policy_of(document, _text(described, "PolicyName"))

    def _read_boundary(self, identity: Identity) -> tuple[Policy, ...] | None:
        kind, name = identity
        found = None if kind == "Group" else self._found(f"Get{kind}", {f"{kind}Name": name})
        arn = "" if found is None else _text(found, "PermissionsBoundaryArn")
        return (self._managed(arn),) if arn else None

    def _read_trust(self, role_arn: str) -> TrustPolicy | None:
        found = self._found("GetRole", {"RoleName": role_arn.rpartition("/")[2]})
        if found is None or _text(found, "Arn") != role_arn:
            return None
        return TrustPolicy(_document(found, "AssumeRolePolicyDocument"))

    def _read_bucket_policy(self, bucket: str, region: str) -> TrustPolicy:
        answer = self._wire.send("s3", region, "GET", f"/{bucket}", query={"policy": ""})
        return TrustPolicy(json.loads(answer.get_data()) if answer.status_code == 200 else {})

    def _found(self, action: str, arguments: dict[str, str]) -> Element | None:
        try:
            return self._wire.query("iam", action, arguments)
        except CallFailed as failure:
            if failure.code != "NoSuchEntity":
                raise
            return None


def _document(answer: Element, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(unquote(_text(answer, name)))
    return document


def _text(answer: Element, name: str) -> str:
    return answer.findtext(f".//{name}") or ""
