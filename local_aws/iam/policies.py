"""Parse policies and evaluate them for an action on a resource, as IAM does for identity policies in one account.

Session policies, service control policies and, but for those of buckets and of the targets of
EventBridge's rules (see trust.py), resource policies are not supported.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from local_aws.iam.conditions import Condition, MalformedPolicy, conditions_of
from local_aws.iam.wildcards import Context, like

_WITHOUT_VARIABLES = "2008-10-17"
"""The version of a policy that names none; in it `${` is text."""


@dataclass(frozen=True)
class Demand:
    """One action on one resource that a request requires."""

    action: str
    """For example `s3:GetObject`."""
    resource: str
    """An ARN, or `*` for an action that names no resource."""
    context: Context = field(default_factory=dict)
    shown: str = ""
    """The service's name for the resource in an error message, if not its ARN."""


@dataclass(frozen=True)
class Patterns:
    """The patterns of one statement element, which covers text that any of them matches or, negated, none matches."""

    patterns: tuple[str, ...]
    negated: bool

    def cover(self, text: str, context: Context) -> bool:
        """True if `text` is covered."""
        return any(like(pattern, text, context) for pattern in self.patterns) is not self.negated


@dataclass(frozen=True)
class Statement:
    """One statement of a policy."""

    denies: bool
    actions: Patterns
    """In lower case, because action names are case-insensitive."""
    resources: Patterns
    conditions: tuple[Condition, ...]

    def concerns(self, demand: Demand) -> bool:
        """True if it covers the action and the resource, regardless of its conditions."""
        return self.actions.cover(demand.action.lower(), demand.context) and self.resources.cover(
            demand.resource, demand.context
        )

    def applies(self, demand: Demand) -> bool:
        """True if it covers the demand and all its conditions hold."""
        return self.concerns(demand) and all(condition.holds(demand.context) for condition in self.conditions)


@dataclass(frozen=True)
class Policy:
    """The statements of one policy, with the name that IAM's policy simulator reports."""

    name: str
    statements: tuple[Statement, ...]


class Verdict(Enum):
    """The result of evaluating all policies; the values but the last two are those of IAM's simulator."""

    ALLOWED = "allowed"
    DENIED = "explicitDeny"
    NOT_ALLOWED = "implicitDeny"
    DENIED_BY_RESOURCE = "explicitDeny in a resource-based policy"
    BEYOND_BOUNDARY = "implicitDeny by a permissions boundary"


@dataclass(frozen=True)
class Decision:
    """A verdict and the policies whose statements led to it."""

    verdict: Verdict
    matched: tuple[Policy, ...]


def decide(policies: Iterable[Policy], demand: Demand, boundary: Iterable[Policy] | None = None) -> Decision:
    """Evaluate `demand`: a deny overrides every allow, and both policies and boundary, if any, have to allow it."""
    own = _decide(policies, demand)
    limit = own if boundary is None else _decide(boundary, demand)
    if own.verdict is Verdict.DENIED or limit.verdict is Verdict.DENIED:
        return own if own.verdict is Verdict.DENIED else limit
    if own.verdict is Verdict.ALLOWED and limit.verdict is Verdict.NOT_ALLOWED:
        return Decision(Verdict.BEYOND_BOUNDARY, ())
    return own


def _decide(policies: Iterable[Policy], demand: Demand) -> Decision:
    applying = [(policy, each.denies) for policy in policies for each in policy.statements if each.applies(demand)]
    denying = any(denies for _, denies in applying)
    if not applying:
        return Decision(Verdict.NOT_ALLOWED, ())
    matched = tuple(policy for policy, denies in applying if denies == denying)
    return Decision(Verdict.DENIED if denying else Verdict.ALLOWED, matched)


def policy_of(document: Mapping[str, Any], name: str) -> Policy:
    """The policy in a parsed JSON document; raises MalformedPolicy."""
    if document.get("Version", _WITHOUT_VARIABLES) == _WITHOUT_VARIABLES:
        document = json.loads(json.dumps(document).replace("${", "${$}{"))  # ${$} stands for a dollar sign
    return Policy(name, tuple(statement_of(each) for each in listed(document.get("Statement"))))


def statement_of(document: Mapping[str, Any]) -> Statement:
    """The statement in a parsed JSON document; without `Resource`, as in trust policies, it covers all resources."""
    effect = document.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise MalformedPolicy(f"The effect of a statement must be Allow or Deny, and is {effect!r}.")
    actions = _patterns(document, "Action")
    return Statement(
        denies=effect == "Deny",
        actions=Patterns(tuple(pattern.lower() for pattern in actions.patterns), actions.negated),
        resources=_patterns(document, "Resource"),
        conditions=conditions_of(document.get("Condition") or {}),
    )


def listed(value: Any) -> list[Any]:
    """Return `value` as a list, since policies may give a single item without one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _patterns(document: Mapping[str, Any], element: str) -> Patterns:
    negation = f"Not{element}"
    if negation in document:
        return Patterns(tuple(listed(document[negation])), negated=True)
    return Patterns(tuple(listed(document.get(element, "*"))), negated=False)
