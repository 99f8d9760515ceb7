"""The KMS keys by which AWS encrypts what the pipeline reads and writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from steps.drivers.names import Names

if TYPE_CHECKING:
    from steps.cloudformation.declared import Clients

_TABLES = ("audit_logs", "processing_metadata", "batch_jobs", "job_locks")
_READ = ("kms:Decrypt",)
_DENIED = ("AccessDenied", "AccessDeniedException")
_ABSENT = (
    *("NotFoundException", "ResourceNotFoundException", "NoSuchBucket"),
    "ServerSideEncryptionConfigurationNotFoundError",
)


@dataclass(frozen=True)
class Key:
    """A key of KMS that encrypts `user`: a bucket, a table or a secret.

    arn: the key as its user names it, where it could not be described. fault: what keeps everybody from using it;
    empty if nothing does. actions: those that a role needs in order to work with its user. statements: the key's
    policy; None where it could not be read.
    """

    user: str
    arn: str
    actions: tuple[str, ...]
    fault: str = ""
    statements: tuple[Mapping[str, Any], ...] | None = None

    def grants(self, principal: str, action: str) -> bool:
        """True if the key's policy allows the action to this principal, the ARN of a role or of an account's root.

        Conditions are ignored. A policy that allows the root leaves the decision to the roles' own policies.
        """
        return any(
            each["Effect"] == "Allow"
            and any(named in ("*", principal) for named in _principals(each))
            and any(fnmatchcase(action, pattern) for pattern in _listed(each.get("Action", "*")))
            for each in self.statements or ()
        )


class Keys:
    """Finds the keys that the account's owner chose; those that AWS manages serve every role of the account."""

    def __init__(self, client: Clients) -> None:
        self._client = client

    def found(self, names: Names, secret_arn: str) -> list[Key]:
        """Return the key of each bucket, table and secret that has one; without those that may not be looked up."""
        tables = [(names.named(each), partial(self._of_table, names.named(each)), _READ) for each in _TABLES]
        users: list[tuple[str, Callable[[], str | None], tuple[str, ...]]] = [
            (names.bucket, partial(self._of_bucket, names.bucket), (*_READ, "kms:GenerateDataKey")),
            *tables,
            (secret_arn, partial(self._of_secret, secret_arn), _READ),
        ]
        named = [(user, _unless_refused(ask), actions) for user, ask, actions in users]
        return [key for user, id, actions in named if id and (key := self._described(user, id, actions))]

    def _of_bucket(self, name: str) -> str | None:
        rules = self._client("s3").get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        defaults = [each["ApplyServerSideEncryptionByDefault"] for each in rules]
        return next((each["KMSMasterKeyID"] for each in defaults if each.get("KMSMasterKeyID")), None)

    def _of_table(self, name: str) -> str | None:
        table = self._client("dynamodb").describe_table(TableName=name)["Table"]
        return str(table.get("SSEDescription", {}).get("KMSMasterKeyArn") or "") or None

    def _of_secret(self, arn: str) -> str | None:
        return str(self._client("secretsmanager").describe_secret(SecretId=arn).get("KmsKeyId") or "") or None

    def _described(self, user: str, id: str, actions: tuple[str, ...]) -> Key | None:
        """Return the key; None if AWS manages it."""
        if "alias/aws/" in id:
            return None
        kms = self._client("kms")
        try:
            found = kms.describe_key(KeyId=id)["KeyMetadata"]
        except ClientError as refused:
            fault = "does not exist" if refused.response["Error"]["Code"] in _ABSENT else ""
            return Key(user, id, actions, fault)
        if found.get("KeyManager") == "AWS":
            return None
        state = found["KeyState"]
        fault = "" if state == "Enabled" else f"is {state}"
        policy = _unless_refused(lambda: kms.get_key_policy(KeyId=found["Arn"], PolicyName="default")["Policy"])
        statements = _listed(json.loads(policy)["Statement"]) if policy else None
        return Key(user, found["Arn"], actions, fault, None if statements is None else tuple(statements))


def _principals(statement: Mapping[str, Any]) -> list[Any]:
    principal = statement.get("Principal", {})
    return _listed(principal.get("AWS", []) if isinstance(principal, dict) else principal)


def _unless_refused(ask: Callable[[], str | None]) -> str | None:
    """Return the result of `ask`; None where the caller may not ask, or there is nothing."""
    try:
        return ask()
    except ClientError as refused:
        if refused.response["Error"]["Code"] in (*_DENIED, *_ABSENT):
            return None
        raise


def _listed(given: Any) -> list[Any]:
    return list(given) if isinstance(given, list) else [given]
