"""Condition operators, one by one, with the key there, absent and of several values."""

import pytest

from local_aws.iam.conditions import conditions_of

CASES = [
    ("StringEquals", "in/", "in/", "In/"),
    ("StringEqualsIgnoreCase", "IN/", "in/", "out/"),
    ("StringLike", "in/*.csv", "in/a.csv", "in/a.txt"),
    ("NumericEquals", "10", "10.0", "11"),
    ("NumericLessThan", "10", "9", "10"),
    ("NumericLessThanEquals", "10", "10", "11"),
    ("NumericGreaterThan", "10", "11", "10"),
    ("NumericGreaterThanEquals", "10", "10", "9"),
    ("DateLessThan", "2025-08-07T00:00:00Z", "2025-08-06T23:59:59Z", "2025-08-07T09:00:00+09:00"),
    ("DateGreaterThanEquals", "1754524800", "2025-08-07T00:00:00Z", "2025-08-06"),
    ("Bool", "true", "true", "false"),
    ("IpAddress", "10.0.0.0/16", "10.0.255.1", "10.1.0.1"),
    ("IpAddress", "2001:db8::/32", "2001:db8::1", "10.0.0.1"),
    (
        "ArnLike",
        "arn:aws:lambda:*:1:function:csv-*",
        "arn:aws:lambda:r:1:function:csv-x:live",
        "arn:aws:lambda:r:2:a:b",
    ),
    ("ArnEquals", "arn:aws:iam::1:role/*", "arn:aws:iam::1:role/team/r", "arn:aws:iam::2:role/r"),
]
NEGATIONS = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "NumericEquals": "NumericNotEquals",
    "IpAddress": "NotIpAddress",
    "ArnLike": "ArnNotLike",
    "ArnEquals": "ArnNotEquals",
}


def hold(operator: str, wanted: object, *found: str) -> bool:
    conditions = conditions_of({operator: {"Some:Key": wanted}})
    return all(each.holds({"some:key": found} if found else {}) for each in conditions)


@pytest.mark.parametrize(("operator", "wanted", "right", "wrong"), CASES)
def test_an_operator_admits_what_is_right_alone(operator: str, wanted: str, right: str, wrong: str) -> None:
    assert hold(operator, wanted, right)
    assert not hold(operator, wanted, wrong)
    assert hold(operator, ["no match", wanted], right)
    assert not hold(operator, wanted)
    assert hold(f"{operator}IfExists", wanted)
    assert not hold(f"{operator}IfExists", wanted, wrong)


@pytest.mark.parametrize(("operator", "wanted", "right", "wrong"), [case for case in CASES if case[0] in NEGATIONS])
def test_its_negation_admits_all_else_and_what_is_absent(operator: str, wanted: str, right: str, wrong: str) -> None:
    negation = NEGATIONS[operator]
    assert not hold(negation, wanted, right)
    assert hold(negation, wanted, wrong)
    assert not hold(negation, ["no match", wanted], right)
    assert hold(negation, wanted)


@pytest.mark.parametrize("operator", ["NumericEquals", "DateEquals", "IpAddress", "ArnLike"])
def test_an_operator_does_not_match_values_that_it_cannot_parse(operator: str) -> None:
    assert not hold(operator, "1", "no such thing")
