"""Compares declared with deployed properties; the differences do not reveal secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from steps.cloudformation.declared import SECRET, Properties, fits, is_unknown
from steps.cloudformation.resources import RESOURCE_TYPES
from steps.cloudformation.resources.api import parse

Path = tuple[str, ...]
"""The path of names to a property; a name in [brackets] is an element of a list."""

_DOCUMENTS = {"AssumeRolePolicyDocument", "Definition", "EventPattern", "PolicyDocument", "SecretString"}
"""Properties that hold JSON, as an object or as text."""

_WHOLE = _DOCUMENTS | {"Targets", "Variables"}
"""Properties in which undeclared members count as differences, since they change the pipeline's behaviour."""

_LITERAL = {"Definition"}
"""Properties in which order and types count too, as they do for Step Functions."""

_IN_ORDER = {"Layers", "numeric"}
"""Lists whose order counts: a later layer overrides an earlier one; in `numeric`, an operator precedes its number."""

_IDENTITIES = ("PolicyName", "Sid", "Id", "IndexName", "AttributeName", "Key")
"""Names of members that identify the objects of a list."""

HIDDEN = "(not shown)"
_SECRET = re.compile(r"(?i)passw|passphrase|_pass$|secret_?string|token|api_?key|private_?key|credential")


@dataclass(frozen=True)
class Difference:
    """A property that differs, by its path; None means absent, the empty path means the resource itself."""

    path: str
    declared: Any
    deployed: Any

    def __str__(self) -> str:
        if not self.path:
            return f"{self.declared} does not exist"
        return f"{self.path}: {_quote(self.declared)} is declared, {_quote(self.deployed)} is deployed"


def _difference(path: Path, declared: Any, deployed: Any) -> Difference:
    """The difference at `path`, with HIDDEN for a secret's value and for values under a name that indicates one."""
    secret = SECRET in str(declared) or any(_SECRET.search(part) for part in path)
    return Difference(".".join(path).replace(".[", "["), _hide(declared, secret), _hide(deployed, secret))


def _hide(value: Any, secret: bool) -> Any:
    if isinstance(value, dict):
        return {name: _hide(each, secret or bool(_SECRET.search(name))) for name, each in value.items()}
    if isinstance(value, list):
        return [_hide(each, secret) for each in value]
    return HIDDEN if secret and value is not None else value


def _quote(value: Any) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False, default=str)


def _compare_literally(path: Path, want: Any, got: Any) -> Iterator[Difference]:
    """All differences between two JSON documents; order and types count, and null differs from absent."""
    if isinstance(want, list) and isinstance(got, list):
        want, got = ({f"[{index}]": each for index, each in enumerate(items)} for items in (want, got))
    if isinstance(want, dict) and isinstance(got, dict):
        for name in want | got:
            if name in want and name in got:
                yield from _compare_literally((*path, name), want[name], got[name])
            else:
                yield _difference((*path, name), want.get(name), got.get(name))
    elif type(want) is not type(got) or want != got:
        yield _difference(path, want, got)


def find_differences(kind: str, declared: Properties, deployed: Properties | None) -> list[Difference]:
    """All differences between a resource of that `kind` and its declared properties.

    Only declared and implied properties are compared; within those in _WHOLE, undeclared members count as well.
    Properties that cannot be compared are left out: see `explain_not_compared`.
    """
    if deployed is None:
        return [Difference("", kind, None)]
    wanted = {**RESOURCE_TYPES[kind].implied, **declared}
    left_out = explain_not_compared(kind, declared, deployed)
    return [
        each
        for name, value in wanted.items()
        if name in deployed and name not in left_out
        for each in _compare((name,), value, deployed[name])
    ]


def explain_not_compared(kind: str, declared: Properties, deployed: Properties | None) -> dict[str, str]:
    """The declared properties that cannot be compared, with the reasons."""
    if deployed is None:
        return {}
    reasons = {}
    for name, value in declared.items():
        if name in RESOURCE_TYPES[kind].unreadable:
            reasons[name] = RESOURCE_TYPES[kind].unreadable[name]
        elif name not in deployed:
            reasons[name] = "nothing reads it back"
        elif is_unknown(value):
            reasons[name] = "what it should be is not known here"
    return reasons


def _compare(path: Path, want: Any, got: Any) -> Iterator[Difference]:
    if path[-1] in _DOCUMENTS or isinstance(got, dict | list):
        want = parse(want)
    if path[-1] in _DOCUMENTS or isinstance(want, dict | list):
        got = parse(got)
    if path[-1] in _LITERAL:
        yield from _compare_literally(path, want, got)
    elif _is_empty(want) and _is_empty(got):
        return
    elif isinstance(want, dict) and (isinstance(got, dict) or got is None):
        yield from _compare_objects(path, want, got or {})
    elif isinstance(want, list) or isinstance(got, list):
        yield from _compare_lists(path, _to_list(want), _to_list(got))
    elif not _is_same(want, got):
        yield _difference(path, want, got)


def _compare_objects(path: Path, want: Properties, got: Properties) -> Iterator[Difference]:
    for name, value in want.items():
        yield from _compare((*path, name), value, got.get(name))
    if not _WHOLE.isdisjoint(path):
        for name in sorted(got.keys() - want.keys()):
            if not _is_empty(got[name]):
                yield _difference((*path, name), None, got[name])


def _compare_lists(path: Path, want: list[Any], got: list[Any]) -> Iterator[Difference]:
    """Compare lists as sets unless their order counts; match objects by an identifying member if they have one."""
    if path[-1] in _IN_ORDER:
        if len(want) != len(got) or not all(map(_is_same, want, got)):
            yield _difference(path, want, got)
        return
    if identity := _find_identity(want + got):
        theirs = {str(each[identity]): each for each in got}
        for each in want:
            key = str(each[identity])
            yield from _compare_elements((*path, f"[{key}]"), each, theirs.pop(key, None))
        if path[-1] != "Tags":  # AWS and its tools add tags of their own
            yield from (_difference((*path, f"[{key}]"), None, each) for key, each in theirs.items())
        return
    missing, extra = _match(path, want, got)
    if all(isinstance(each, dict) for each in missing + extra):
        for index, (one, other) in enumerate(zip_longest(missing, extra)):
            yield from _compare_elements((*path, f"[{index}]"), one, other)
    elif missing or extra:
        yield _difference(path, want, got)


def _compare_elements(path: Path, want: Any, got: Any) -> Iterator[Difference]:
    if want is None or got is None:
        yield _difference(path, want, got)
    else:
        yield from _compare(path, want, got)


def _match(path: Path, want: list[Any], got: list[Any]) -> tuple[list[Any], list[Any]]:
    """The elements left on both sides of a maximum matching, since an object may match more than one other."""
    taken: dict[int, int] = {}

    def place(one: int, tried: set[int]) -> bool:
        for other in range(len(got)):
            if other not in tried and not any(_compare((*path, "[]"), want[one], got[other])):
                tried.add(other)
                if other not in taken or place(taken[other], tried):
                    taken[other] = one
                    return True
        return False

    missing = [each for one, each in enumerate(want) if not place(one, set())]
    return missing, [each for other, each in enumerate(got) if other not in taken]


def _find_identity(items: list[Any]) -> str | None:
    return next((name for name in _IDENTITIES if all(isinstance(each, dict) and name in each for each in items)), None)


def _is_same(want: Any, got: Any) -> bool:
    """True if two scalars are equal to CloudFormation, which accepts numbers and booleans as text too."""
    if want is None or got is None:
        return want is got
    if _is_number(want) or _is_number(got):
        try:
            return float(want) == float(got)
        except (TypeError, ValueError):
            return False
    return fits(_to_text(got), _to_text(want))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _to_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _to_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})
