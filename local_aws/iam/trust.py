"""Policies that name principals: a role's trust policy, by which they may assume it, and a bucket's policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from local_aws.iam.policies import Demand, Statement, listed, statement_of
from local_aws.partition import partition_of


class Trust(Enum):
    """The extent to which a trust policy trusts a caller."""

    NAMED = "named"
    """The caller itself is trusted; its own policies need not allow it too."""
    ACCOUNT = "account"
    """Its account is trusted; the caller's policies must allow it too."""
    NONE = "none"


@dataclass(frozen=True)
class TrustStatement:
    """One statement of such a policy, with the principals that it names."""

    statement: Statement
    services: frozenset[str]
    identities: frozenset[str]
    """ARNs and account ids; `*` means everyone."""

    @property
    def everyone(self) -> bool:
        """True if it names all principals."""
        return "*" in self.identities


class TrustPolicy:
    """A role's trust policy, or a bucket's policy."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._statements = [_trust_statement(each) for each in listed(document.get("Statement"))]

    def of_service(self, service: str, demand: Demand) -> Trust:
        """The trust in a service such as `states.amazonaws.com`, under this name or its regional name."""
        name, _, domain = service.partition(".")
        (region,) = demand.context["aws:requestedregion"]
        names = {service, f"{name}.{region}.{domain}"}
        return self._trusted(demand, lambda each: bool(names & each.services) or each.everyone, lambda _: False)

    def of_identity(self, arns: frozenset[str], account: str, demand: Demand) -> Trust:
        """The trust in the caller with these ARNs: a user has one; a role session has the role's and its own."""
        return self._trusted(
            demand,
            lambda each: bool(arns & each.identities) or each.everyone,
            lambda each: bool(_whole(account, demand) & each.identities),
        )

    def denies(self, arns: frozenset[str], account: str, demand: Demand) -> bool:
        """True if a statement denies the demand to the caller with these ARNs."""
        named = arns | _whole(account, demand) | {"*"}
        return any(
            each.statement.denies and named & each.identities and each.statement.applies(demand)
            for each in self._statements
        )

    def _trusted(
        self, demand: Demand, names: Callable[[TrustStatement], bool], admits: Callable[[TrustStatement], bool]
    ) -> Trust:
        applying = [each for each in self._statements if each.statement.applies(demand)]
        if any(each.statement.denies and (names(each) or admits(each)) for each in applying):
            return Trust.NONE
        if any(map(names, applying)):
            return Trust.NAMED
        return Trust.ACCOUNT if any(map(admits, applying)) else Trust.NONE


def _whole(account: str, demand: Demand) -> frozenset[str]:
    """The names of a whole account, in the partition of the region that is asked."""
    (region,) = demand.context["aws:requestedregion"]
    return frozenset({account, f"arn:{partition_of(region)}:iam::{account}:root"})


def _trust_statement(document: Mapping[str, Any]) -> TrustStatement:
    principal = document.get("Principal", {})
    kinds = {"AWS": principal} if isinstance(principal, str) else principal
    return TrustStatement(
        statement_of(document), frozenset(listed(kinds.get("Service"))), frozenset(listed(kinds.get("AWS")))
    )
