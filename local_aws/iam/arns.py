"""Resolve names in a request that only the services can resolve: a secret's full ARN, a role's or user's path."""

from __future__ import annotations

from local_aws.iam.memory import Memory
from local_aws.internal_client import CallFailed, Wire
from local_aws.partition import partition_of


class Places:
    """Full ARNs of resources that requests abbreviate."""

    def __init__(self, wire: Wire, account: str) -> None:
        self.account = account
        self._wire = wire
        self._secrets = Memory()
        self._identities = Memory()
        self._forgotten_with = {"secretsmanager": self._secrets, "iam": self._identities}

    def arn(self, service: str, region: str, resource: str) -> str:
        """The ARN of a resource of this account; `resource` may be an ARN already."""
        if resource.startswith("arn:"):
            return resource
        return f"arn:{partition_of(region or self._wire.home)}:{service}:{region}:{self.account}:{resource}"

    def secret(self, region: str, secret_id: str) -> str | None:
        """The ARN of the secret with this name or ARN, even without its last six characters; None if there is none."""
        return self._secrets.recall((region, secret_id), lambda: self._described_secret(region, secret_id))

    def identity(self, kind: str, name: str) -> str:
        """The ARN of a role or user including its path; an ARN without a path if it does not exist."""
        return self._identities.recall((kind, name), lambda: self._described_identity(kind, name))

    def forget(self, service: str) -> None:
        """Drop the cache of `service` after a write."""
        if service in self._forgotten_with:
            self._forgotten_with[service].forget()

    def _described_secret(self, region: str, secret_id: str) -> str | None:
        try:
            answer = self._wire.call("secretsmanager", region, "secretsmanager.DescribeSecret", {"SecretId": secret_id})
        except CallFailed as failure:
            if failure.code != "ResourceNotFoundException":
                raise
            return None
        return str(answer["ARN"])

    def _described_identity(self, kind: str, name: str) -> str:
        try:
            answer = self._wire.query("iam", f"Get{kind.title()}", {f"{kind.title()}Name": name})
        except CallFailed as failure:
            if failure.code != "NoSuchEntity":
                raise
            return self.arn("iam", "", f"{kind}/{name}")
        return answer.findtext(".//Arn") or ""
