"""Parse and evaluate the conditions of a policy statement against a request's context keys.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_aws.iam.wildcards import Context, filled, like

Test = Callable[[str, str, Context], bool]
"""True if a policy's value matches a request's value, given the request's context."""


class MalformedPolicy(Exception):
    """A policy that cannot be evaluated; the message is one sentence that names the error."""


@dataclass(frozen=True)
class Condition:
    """One operator on one key."""

    key: str
    """In lower case, like the keys of a context."""
    values: tuple[str, ...]
    test: Test | None
    """None for the `Null` operator."""
    negated: bool
    if_exists: bool
    quantifier: str
    """`forallvalues`, `foranyvalue` or, for single-valued keys, empty."""

    def holds(self, context: Context) -> bool:
        """True if a request with this context meets it."""
        found = context.get(self.key) or ()
        if self.test is None:
            return any((value.lower() == "true") is not bool(found) for value in self.values)
        if not found:
            absent = self.negated or self.quantifier == "forallvalues"
            return self.if_exists or (absent and self.quantifier != "foranyvalue")
        test = self.test
        met = (any(test(value, each, context) for value in self.values) is not self.negated for each in found)
        return any(met) if self.quantifier == "foranyvalue" else all(met)


def conditions_of(document: Mapping[str, Mapping[str, Any]]) -> tuple[Condition, ...]:
    """The conditions in a statement's `Condition` element, all of which must hold; raises MalformedPolicy."""
    return tuple(_conditions(document))


def _conditions(document: Mapping[str, Mapping[str, Any]]) -> Iterator[Condition]:
    for named, keys in document.items():
        parts = _OPERATOR.fullmatch(named.lower())
        name = parts["name"] if parts else ""
        positive = name.replace("not", "", 1)
        if parts is None or (name != "null" and positive not in _TESTS):
            raise MalformedPolicy(f"The condition operator {named} is none that is known.")
        for key, given in keys.items():
            values = given if isinstance(given, list) else [given]
            yield Condition(
                key=key.lower(),
                values=tuple(_text(value) for value in values),
                test=_TESTS.get(positive),
                negated=name != positive,
                if_exists=bool(parts["if_exists"]),
                quantifier=parts["quantifier"] or "",
            )


_OPERATOR = re.compile(r"(?:(?P<quantifier>forallvalues|foranyvalue):)?(?P<name>[a-z]+?)(?P<if_exists>ifexists)?")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _equal(value: str, found: str, context: Context) -> bool:
    return filled(value, context) == found


def _equal_but_for_case(value: str, found: str, context: Context) -> bool:
    wanted = filled(value, context)
    return wanted is not None and wanted.lower() == found.lower()


def _arn_like(value: str, found: str, context: Context) -> bool:
    wanted, parts = value.split(":", 5), found.split(":", 5)
    return len(wanted) == len(parts) and all(map(like, wanted, parts, [context] * len(parts)))


def _in_network(value: str, found: str, _: Context) -> bool:
    try:
        return ipaddress.ip_address(found) in ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False


def _compared(parse: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> Test:
    def test(value: str, found: str, _: Context) -> bool:
        try:
            return compare(parse(found), parse(value))
        except ValueError:
            return False

    return test


def _moment(text: str) -> datetime:
    if text.isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_COMPARISONS = {
    "equals": operator.eq,
    "lessthan": operator.lt,
    "lessthanequals": operator.le,
    "greaterthan": operator.gt,
    "greaterthanequals": operator.ge,
}
_TESTS: dict[str, Test] = {
    "stringequals": _equal,
    "stringequalsignorecase": _equal_but_for_case,
    "stringlike": like,
    "bool": _equal_but_for_case,
    "binaryequals": _equal,
    "arnequals": _arn_like,  # same behaviour as ArnLike
    "arnlike": _arn_like,
    "ipaddress": _in_network,
    **{f"numeric{name}": _compared(float, compare) for name, compare in _COMPARISONS.items()},
    **{f"date{name}": _compared(_moment, compare) for name, compare in _COMPARISONS.items()},
}
