"""Matches events with the event patterns of EventBridge rules.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def matches(pattern: dict[str, Any], event: Any) -> bool:
    """True if, for each field of a valid `pattern`, `event` has a value that a member of the field's list accepts."""
    return all(_field_matches(name, wanted, event) for name, wanted in pattern.items())


def _field_matches(name: str, wanted: Any, event: Any) -> bool:
    if name == "$or":
        return any(matches(alternative, event) for alternative in wanted)
    first, _, rest = name.partition(".")
    if first and rest:  # a name with dots is a path
        name, wanted = first, {rest: wanted}
    values = [value for item in _objects(event) for value in _find_values(item, name)]
    if isinstance(wanted, dict):
        # A pattern that only asks for absence also matches where the whole object is absent.
        return any(matches(wanted, value) for value in values or [{}])
    leaves = [leaf for value in values for leaf in _leaves(value)]
    return any(_accepts(member, leaves) for member in wanted)


def _objects(event: Any) -> Iterator[dict[str, Any]]:
    """Yields the object itself, or each object in a list; any of them may match."""
    for item in event if isinstance(event, list) else [event]:
        if isinstance(item, dict):
            yield item


def _find_values(item: dict[str, Any], name: str) -> Iterator[Any]:
    """Yields the values under a name, whether the event nests them or joins the names by dots."""
    if name in item:
        yield item[name]
    for joined, value in item.items():
        if joined.startswith(f"{name}."):
            yield {joined.removeprefix(f"{name}."): value}


def _leaves(value: Any) -> Iterator[Any]:
    """Yields the values of a field, or each value in a list; skips objects."""
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            yield item


def _accepts(member: Any, leaves: list[Any]) -> bool:
    if isinstance(member, dict) and "exists" in member:
        return bool(leaves) is member["exists"]
    return any(accepts(member, leaf) for leaf in leaves)


def accepts(member: Any, value: Any) -> bool:
    """True if a member of a pattern's list, a plain value or a matcher, accepts a value of the event."""
    if not isinstance(member, dict):
        return _same(member, value)
    ((name, argument),) = member.items()
    if name == "anything-but":
        return not any(accepts(excluded, value) for excluded in _exclusions(argument))
    if name == "numeric":
        return _is_number(value) and all(
            _COMPARE[sign](value, bound) for sign, bound in zip(argument[::2], argument[1::2], strict=True)
        )
    return isinstance(value, str) and _TEXT_MATCHERS[name](argument, value)


def _exclusions(argument: Any) -> list[Any]:
    """Returns the plain values or matchers that anything-but excludes; {"prefix": [a, b]} stands for two."""
    if isinstance(argument, dict):
        ((name, texts),) = argument.items()
        return [{name: text} for text in (texts if isinstance(texts, list) else [texts])]
    return argument if isinstance(argument, list) else [argument]


def _same(wanted: Any, value: Any) -> bool:
    return (type(wanted) is type(value) or (_is_number(wanted) and _is_number(value))) and bool(wanted == value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _prefix(argument: Any, value: str) -> bool:
    if isinstance(argument, dict):
        return value.lower().startswith(argument["equals-ignore-case"].lower())
    return value.startswith(argument)


def _suffix(argument: Any, value: str) -> bool:
    if isinstance(argument, dict):
        return value.lower().endswith(argument["equals-ignore-case"].lower())
    return value.endswith(argument)


def _wildcard(argument: str, value: str) -> bool:
    parts = re.findall(r"\\[*\\]|\*|[^*\\]+", argument)
    regex = "".join(".*" if part == "*" else re.escape(part.removeprefix("\\")) for part in parts)
    return re.fullmatch(regex, value, re.DOTALL) is not None


def _cidr(argument: str, value: str) -> bool:
    try:
        return ip_address(value) in ip_network(argument, strict=False)
    except ValueError:
        return False


_TEXT_MATCHERS: dict[str, Callable[[Any, str], bool]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "wildcard": _wildcard,
    "equals-ignore-case": lambda argument, value: bool(argument.lower() == value.lower()),
    "cidr": _cidr,
}
