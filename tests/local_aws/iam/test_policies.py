"""Policies are evaluated as by a second, slower evaluator of the same rules, and at the rules' edges."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.iam.conditions import MalformedPolicy
from local_aws.iam.policies import Demand, Verdict, decide, policy_of

LETTERS = "ab:*?"
names = st.text("aAbB:", max_size=6)
patterns = st.text(LETTERS, max_size=6)


def statements():
    element = st.one_of(patterns, st.lists(patterns, max_size=3))
    return st.tuples(
        st.sampled_from(["Allow", "Deny"]),
        st.sampled_from(["Action", "NotAction"]),
        element,
        st.sampled_from(["Resource", "NotResource"]),
        element,
    ).map(lambda parts: {"Effect": parts[0], parts[1]: parts[2], parts[3]: parts[4]})


def matches(pattern: str, text: str) -> bool:
    """By recursion over both texts."""
    if not pattern or not text:
        return set(pattern) <= {"*"} and not text
    if pattern[0] == "*":
        return matches(pattern[1:], text) or matches(pattern, text[1:])
    return pattern[0] in ("?", text[0]) and matches(pattern[1:], text[1:])


def covers(statement, element: str, text: str, change=str) -> bool:
    key = element if element in statement else f"Not{element}"
    listed = [statement[key]] if isinstance(statement[key], str) else statement[key]
    return any(matches(change(each), change(text)) for each in listed) == (key == element)


@given(st.lists(st.lists(statements(), max_size=4), max_size=3), names, names)
def test_the_judge_agrees_with_the_rules_read_literally(documents, action: str, resource: str) -> None:
    policies = [policy_of({"Statement": each}, str(number)) for number, each in enumerate(documents)]
    effects = {
        statement["Effect"]
        for document in documents
        for statement in document
        if covers(statement, "Action", action, str.lower) and covers(statement, "Resource", resource)
    }
    wanted = Verdict.DENIED if "Deny" in effects else Verdict.ALLOWED if effects else Verdict.NOT_ALLOWED
    assert decide(policies, Demand(action, resource)).verdict is wanted


def judged(statement, resource: str = "arn:aws:s3:::b/k", action: str = "s3:GetObject", **context: str) -> Verdict:
    known = {name.replace("_", ":").lower(): (value,) for name, value in context.items()}
    allowing = {"Effect": "Allow", "Action": "*", "Resource": "*"} | statement
    policy = policy_of({"Version": "2012-10-17", "Statement": allowing}, "p")
    return decide([policy], Demand(action, resource, known)).verdict


@pytest.mark.parametrize("special", [*".^$+{}[]()|\\-", "\n"])
def test_only_stars_and_question_marks_are_patterns(special: str) -> None:
    resource = f"arn:aws:s3:::b/{special}"
    assert judged({"Resource": resource}, resource) is Verdict.ALLOWED
    assert judged({"Resource": "arn:aws:s3:::b/*"}, resource) is Verdict.ALLOWED
    assert judged({"Resource": resource}, "arn:aws:s3:::b/x") is Verdict.NOT_ALLOWED


def test_a_deny_with_a_condition_that_fails_denies_nothing() -> None:
    elsewhere = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    allowing = policy_of({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, "allowing")
    denying = policy_of(
        {"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": elsewhere}]}, "denying"
    )
    there, here = ({"aws:requestedregion": (region,)} for region in ("eu-west-1", "ap-northeast-1"))
    denied = decide([allowing, denying], Demand("s3:GetObject", "*", there))
    assert (denied.verdict, denied.matched) == (Verdict.DENIED, (denying,))
    allowed = decide([allowing, denying], Demand("s3:GetObject", "*", here))
    assert (allowed.verdict, allowed.matched) == (Verdict.ALLOWED, (allowing,))


@pytest.mark.parametrize(
    ("statement", "said"),
    [({"Effect": "allow"}, "Allow or Deny"), ({"Condition": {"StringIs": {"a": "b"}}}, "StringIs")],
)
def test_an_unsupported_policy_is_named(statement, said: str) -> None:
    with pytest.raises(MalformedPolicy, match=re.escape(said)):
        judged(statement)
