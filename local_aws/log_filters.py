"""Filter patterns of CloudWatch Logs: terms, JSON selectors and columns.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

Test = Callable[[str], bool]
"""True if a message matches."""

_TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|(\S+))')
_TOKEN = re.compile(r'\s*(\(|\)|&&|\|\||IS|NOT|EXISTS|NULL|TRUE|FALSE|!=|<=|>=|=|<|>|"(?:[^"\\]|\\.)*"|[^\s()=<>!&|]+)')
_COLUMN = re.compile(r'"([^"]*)"|\[([^\]]*)\]|(\S+)')
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ABSENT = object()


@lru_cache(256)
def filter_of(pattern: str) -> Test:
    """Return the test of a filter pattern; an empty one matches everything. Raises ValueError if it is malformed."""
    try:
        return _parsed(pattern.strip())
    except (IndexError, KeyError, re.error):
        raise ValueError(f"Invalid filter pattern: {pattern}") from None


def _parsed(text: str) -> Test:
    if text.startswith("{") and text.endswith("}"):
        condition = _Condition(_TOKEN.findall(text[1:-1])).parsed()
        return lambda message: _holds(condition, message)
    if text.startswith("[") and text.endswith("]"):
        return _columns(text[1:-1])
    return _terms(text)


def _terms(text: str) -> Test:
    terms = [(sign, _contains(quoted, regex, word)) for sign, quoted, regex, word in _TERM.findall(text)]
    required = [test for sign, test in terms if not sign]
    optional = [test for sign, test in terms if sign == "?"]
    excluded = [test for sign, test in terms if sign == "-"]

    def matches(message: str) -> bool:
        if any(test(message) for test in excluded) or not all(test(message) for test in required):
            return False
        # Beside required terms AWS ignores the optional ones.
        return bool(required) or not optional or any(test(message) for test in optional)

    return matches


def _contains(quoted: str, regex: str, word: str) -> Test:
    if regex:
        expression = re.compile(regex)
        return lambda message: expression.search(message) is not None
    term = re.sub(r"\\(.)", r"\1", quoted) if quoted else word
    return lambda message: term in message


def _holds(condition: Callable[[Any], bool], message: str) -> bool:
    try:
        event = json.loads(message)
    except ValueError:
        return False
    return isinstance(event, dict | list) and condition(event)


class _Condition:
    """A recursive descent parser of the tokens between braces."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens

    def parsed(self) -> Callable[[Any], bool]:
        """Return the test of a JSON event."""
        left = self._conjunction()
        while self._tokens[:1] == ["||"]:
            self._tokens.pop(0)
            left = _either(left, self._conjunction())
        return left

    def _conjunction(self) -> Callable[[Any], bool]:
        left = self._comparison()
        while self._tokens[:1] == ["&&"]:
            self._tokens.pop(0)
            left = _match_both(left, self._comparison())
        return left

    def _comparison(self) -> Callable[[Any], bool]:
        token = self._tokens.pop(0)
        if token == "(":
            inner = self.parsed()
            self._tokens.pop(0)
            return inner
        sign = self._tokens.pop(0)
        wanted = self._tokens.pop(0)
        if sign == "NOT":
            return lambda event: _at(event, token) is _ABSENT
        if sign == "IS":
            value = {"NULL": None, "TRUE": True, "FALSE": False}[wanted]
            return lambda event: _at(event, token) is value
        return lambda event: _compares(_at(event, token), sign, wanted)


def _either(left: Callable[[Any], bool], right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda event: left(event) or right(event)


def _match_both(left: Callable[[Any], bool], right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda event: left(event) and right(event)


def _at(event: Any, selector: str) -> Any:
    for name, index in _STEP.findall(selector.removeprefix("$")):
        try:
            event = event[int(index) if index else name]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    return event


def _compares(found: Any, sign: str, wanted: str) -> bool:
    """True if a value compares so; a text by its wildcards, a number as a number; what is absent never does."""
    if found is _ABSENT or found is None:
        return False
    text = wanted[1:-1] if wanted.startswith('"') else wanted
    if sign in _COMPARE:
        numbers = _number(found), _number(text)
        return None not in numbers and _COMPARE[sign](*numbers)
    is_number = not wanted.startswith('"') and not isinstance(found, str) and _number(text) is not None
    same = _number(found) == _number(text) if is_number else _like(found, text)
    return same is (sign == "=")


def _like(found: Any, pattern: str) -> bool:
    text = found if isinstance(found, str) else json.dumps(found)
    if pattern.startswith("%") and pattern.endswith("%"):
        return re.search(pattern.strip("%"), text) is not None
    return fnmatchcase(text, re.sub(r"([\[?])", r"[\1]", pattern))


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _columns(text: str) -> Test:
    fields = [field.strip() for field in text.split(",")]
    gap = fields.index("...") if "..." in fields else None
    before, after = (fields, []) if gap is None else (fields[:gap], fields[gap + 1 :])

    def matches(message: str) -> bool:
        values = [next((part for part in each if part), "") for each in _COLUMN.findall(message)]
        if len(values) < len(before) + len(after) or (gap is None and len(values) != len(fields)):
            return False
        chosen = values[: len(before)] + values[len(values) - len(after) :]
        return all(_column_holds(field, value) for field, value in zip([*before, *after], chosen, strict=True))

    return matches


def _column_holds(field: str, value: str) -> bool:
    """True if a value meets the conditions of a column such as `status>=400`; one without a condition takes all."""
    alternatives = [
        [re.match(r"\s*[\w.]*\s*(!=|<=|>=|=|<|>)\s*(.*?)\s*$", part) for part in alternative.split("&&")]
        for alternative in field.split("||")
    ]
    return any(all(not part or _compares(value, part[1], part[2]) for part in each) for each in alternatives)
