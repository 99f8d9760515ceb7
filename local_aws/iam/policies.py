"""Policies, and what they say of an action on a resource: IAM's evaluation of identity policies within one account.

Resource policies, permissions boundaries, session policies and service control policies are not part of it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from local_aws.iam.conditions import Condition, MalformedPolicy, conditions_of
from local_aws.iam.wildcards import Context, like


@dataclass(frozen=True)
class Demand:
    """One action on one resource, as a request needs it."""

    action: str
    """Such as `s3:GetObject`."""
    resource: str
    """An ARN, or `*` for an action that names no resource."""
    context: Context = field(default_factory=dict)
    shown: str = ""
    """How the service words the resource in a refusal, where it does not by its ARN."""


@dataclass(frozen=True)
class Patterns:
    """What one element of a statement covers: what one of its patterns matches, or, negated, what none does."""

    patterns: tuple[str, ...]
    negated: bool

    def cover(self, text: str, context: Context) -> bool:
        """Whether `text` is covered."""
        return any(like(pattern, text, context) for pattern in self.patterns) is not self.negated


@dataclass(frozen=True)
class Statement:
    """One statement of a policy."""

    denies: bool
    actions: Patterns
    """In lower case: actions are told apart without it."""
    resources: Patterns
    conditions: tuple[Condition, ...]

    def concerns(self, demand: Demand) -> bool:
        """Whether it covers the action and the resource, whatever its conditions."""
        return self.actions.cover(demand.action.lower(), demand.context) and self.resources.cover(
            demand.resource, demand.context
        )

    def applies(self, demand: Demand) -> bool:
        """Whether it covers the demand and all its conditions hold."""
        return self.concerns(demand) and all(condition.holds(demand.context) for condition in self.conditions)


@dataclass(frozen=True)
class Policy:
    """The statements of one policy, under the name that IAM's simulator has for it."""

    name: str
    statements: tuple[Statement, ...]


class Verdict(Enum):
    """What all policies together say, in the words of IAM's simulator."""

    ALLOWED = "allowed"
    DENIED = "explicitDeny"
    NOT_ALLOWED = "implicitDeny"


@dataclass(frozen=True)
class Decision:
    """A verdict, and the policies whose statements brought it about."""

    verdict: Verdict
    matched: tuple[Policy, ...]


def decide(policies: Iterable[Policy], demand: Demand) -> Decision:
    """What is said of `demand`: one statement that denies outweighs all that allow, and none means no."""
    applying = [(policy, each.denies) for policy in policies for each in policy.statements if each.applies(demand)]
    denying = any(denies for _, denies in applying)
    if not applying:
        return Decision(Verdict.NOT_ALLOWED, ())
    matched = tuple(policy for policy, denies in applying if denies == denying)
    return Decision(Verdict.DENIED if denying else Verdict.ALLOWED, matched)


def policy_of(document: Mapping[str, Any], name: str) -> Policy:
    """The policy of a JSON document; raises MalformedPolicy."""
    return Policy(name, tuple(statement_of(each) for each in listed(document.get("Statement"))))


def statement_of(document: Mapping[str, Any]) -> Statement:
    """The statement of a JSON document; one without a resource, as of trust policies, covers all."""
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
    """What a policy says in a list, or, where it is one thing, without it."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _patterns(document: Mapping[str, Any], element: str) -> Patterns:
    negation = f"Not{element}"
    if negation in document:
        return Patterns(tuple(listed(document[negation])), negated=True)
    return Patterns(tuple(listed(document.get(element, "*"))), negated=False)
