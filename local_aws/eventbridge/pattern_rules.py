"""Validates event patterns as EventBridge does."""

from __future__ import annotations

import json
import re
from ipaddress import ip_network
from typing import Any

_TEXTS = ("prefix", "suffix", "wildcard", "equals-ignore-case", "cidr")
_MATCHERS = (*_TEXTS, "anything-but", "numeric", "exists")
_BOUNDS = (("<", "<="), (">", ">="))
_MAX_NUMBER = 5_000_000_000
_MOST_PREFIXES = 9
"""The beginnings of a field's wildcards that one value may match at once. AWS does not tell its limit: it takes 8, as
of two wildcards like `*/in/*.csv`, and refuses 10, as of `*:*:*:*:*:x`."""


class InvalidPattern(ValueError):
    """EventBridge rejects the event pattern; the text is the reason."""


def parse_pattern(text: str) -> dict[str, Any]:
    """Parses and validates a rule's EventPattern; raises InvalidPattern."""
    try:
        pattern = json.loads(text)
    except ValueError as error:
        raise InvalidPattern(f"it is not JSON: {error}") from None
    _check_object(pattern, "the pattern")
    return dict(pattern)


def _check_object(pattern: Any, where: str) -> None:
    if not isinstance(pattern, dict):
        raise InvalidPattern(f"{where} must be an object or an array")
    if not pattern:
        raise InvalidPattern(f"{where} must not be empty")
    for name, wanted in pattern.items():
        if name == "$or":
            _check_alternatives(wanted)
        elif isinstance(wanted, list):
            _check_list(wanted, name)
        else:
            _check_object(wanted, f'"{name}"')


def _check_alternatives(alternatives: Any) -> None:
    if not isinstance(alternatives, list) or len(alternatives) < 2:
        raise InvalidPattern('"$or" must be an array of two objects or more')
    for alternative in alternatives:
        _check_object(alternative, 'a member of "$or"')


def _check_list(members: list[Any], field: str) -> None:
    if not members:
        raise InvalidPattern(f'the array of "{field}" must not be empty')
    for member in members:
        if isinstance(member, list):
            raise InvalidPattern(f'the array of "{field}" must not hold an array')
        if isinstance(member, dict):
            _check_matcher(member, field)
    _check_complexity([member["wildcard"] for member in members if isinstance(member, dict) and "wildcard" in member])


def _check_matcher(matcher: dict[str, Any], field: str) -> None:
    if len(matcher) != 1:
        raise InvalidPattern(f'only one key is allowed in a match expression, and "{field}" has {len(matcher)}')
    ((name, argument),) = matcher.items()
    if name not in _MATCHERS:
        raise InvalidPattern(f'unrecognized match type "{name}" at "{field}"')
    if name == "exists":
        if not isinstance(argument, bool):
            raise InvalidPattern(f'"exists" at "{field}" must be true or false')
    elif name == "numeric":
        _check_numeric(argument, field)
    elif name == "anything-but":
        _check_anything_but(argument, field)
    else:
        _check_text(name, argument, field)


def _check_complexity(wildcards: list[str]) -> None:
    """Walks all values that matter, a character at a time, with the beginnings of the wildcards that each matches."""
    tokens = [re.findall(r"\\.|[^\\]", wildcard, re.DOTALL) for wildcard in wildcards]
    letters = {token for each in tokens for token in each} - {"*"}
    start = frozenset(_with_stars(tokens, {(each, 0) for each in range(len(tokens))}))
    seen, ahead = {start}, [start]
    while ahead:
        matched = ahead.pop()
        if len(matched) > _MOST_PREFIXES:
            raise InvalidPattern(
                "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
                "after a wildcard character"
            )
        for letter in letters:
            stay = {(each, at) for each, at in matched if at and tokens[each][at - 1] == "*"}
            step = {(each, at + 1) for each, at in matched if tokens[each][at : at + 1] == [letter]}
            if (after := frozenset(_with_stars(tokens, stay | step))) not in seen:
                seen.add(after)
                ahead.append(after)


def _with_stars(tokens: list[list[str]], matched: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Adds the beginnings that end with a star, which matches nothing too."""
    return matched | {(each, at + 1) for each, at in matched if tokens[each][at : at + 1] == ["*"]}


def _check_text(name: str, argument: Any, field: str) -> None:
    if name in ("prefix", "suffix") and isinstance(argument, dict) and list(argument) == ["equals-ignore-case"]:
        argument = argument["equals-ignore-case"]
    if not isinstance(argument, str):
        raise InvalidPattern(f'"{name}" at "{field}" must be a string')
    if name == "wildcard" and not re.fullmatch(r"(\\[*\\]|[^*\\]|\*(?!\*))*", argument, re.DOTALL):
        raise InvalidPattern(f'the wildcard at "{field}" has two "*" in a row or a bad escape')
    if name == "cidr":
        try:
            ip_network(argument, strict=False)
        except ValueError:
            raise InvalidPattern(f'"cidr" at "{field}" must be an address range such as 10.0.0.0/24') from None


def _check_anything_but(argument: Any, field: str) -> None:
    if isinstance(argument, dict):
        if len(argument) != 1 or next(iter(argument)) not in _TEXTS[:4]:
            raise InvalidPattern(f'"anything-but" at "{field}" takes one of {", ".join(_TEXTS[:4])}')
        ((name, texts),) = argument.items()
        for text in texts if isinstance(texts, list) else [texts]:
            if name in ("prefix", "suffix") and (not text or isinstance(text, dict)):
                raise InvalidPattern(f'"{name}" in "anything-but" at "{field}" must be a string that is not empty')
            _check_text(name, text, field)
        return
    values = argument if isinstance(argument, list) else [argument]
    if not values or not (_all(values, str) or _all(values, int | float)):
        raise InvalidPattern(f'"anything-but" at "{field}" must be a value or an array of strings or of numbers')


def _check_numeric(argument: Any, field: str) -> None:
    if not isinstance(argument, list) or len(argument) not in (2, 4):
        raise InvalidPattern(f'"numeric" at "{field}" must be one comparison or a range, such as [">", 0, "<=", 5]')
    signs, bounds = argument[::2], argument[1::2]
    if not _all(bounds, int | float) or any(abs(bound) > _MAX_NUMBER for bound in bounds):
        raise InvalidPattern(f'"numeric" at "{field}" must compare with numbers of at most {_MAX_NUMBER:,}')
    kinds = [kind for sign in signs for kind in _BOUNDS if sign in kind]
    if signs != ["="] and (len(kinds) != len(signs) or len(set(kinds)) != len(kinds)):
        raise InvalidPattern(f'"numeric" at "{field}" has the operators {signs}; allowed are =, <, <=, > and >=')
    below, above = (bounds if signs[0].startswith("<") else bounds[::-1]) if len(signs) == 2 else (1, 0)
    if above > below or (above == below and signs != ["<=", ">="] and signs != [">=", "<="]):
        raise InvalidPattern(f'"numeric" at "{field}" is a range that holds no number')


def _all(values: list[Any], kind: Any) -> bool:
    return all(isinstance(value, kind) and not isinstance(value, bool) for value in values)
