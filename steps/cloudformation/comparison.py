"""Compares declared with deployed properties; the differences do not reveal secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from steps.cloudformation.declared import Properties, fits, is_unknown
from steps.cloudformation.meaning import DOCUMENTS, IDENTITIES, IMPLIED, IN_ORDER, LITERAL, NOT_READABLE, WHOLE, parsed

Path = tuple[str, ...]
"""The path of names to a property; a name in [brackets] is an element of a list."""

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
        return f"{self.path}: {_said(self.declared)} is declared, {_said(self.deployed)} is deployed"


def difference(path: Path, declared: Any, deployed: Any) -> Difference:
    """The difference at `path`, with HIDDEN for values under a name that indicates a secret."""
    secret = any(_SECRET.search(part) for part in path)
    return Difference(".".join(path).replace(".[", "["), _shown(declared, secret), _shown(deployed, secret))


def _shown(value: Any, secret: bool) -> Any:
    if isinstance(value, dict):
        return {name: _shown(each, secret or bool(_SECRET.search(name))) for name, each in value.items()}
    if isinstance(value, list):
        return [_shown(each, secret) for each in value]
    return HIDDEN if secret and value is not None else value


def _said(value: Any) -> str:
    return "nothing" if value is None else repr(value)


def literally(path: Path, want: Any, got: Any) -> Iterator[Difference]:
    """All differences between two JSON documents; order and types count, and null differs from absent."""
    if isinstance(want, dict) and isinstance(got, dict):
        yield from _members(path, want, got)
    elif isinstance(want, list) and isinstance(got, list):
        yield from _members(path, _by_index(want), _by_index(got))
    elif type(want) is not type(got) or want != got:
        yield difference(path, want, got)


def _members(path: Path, want: dict[str, Any], got: dict[str, Any]) -> Iterator[Difference]:
    for name in want | got:
        inside = (*path, name)
        if name in want and name in got:
            yield from literally(inside, want[name], got[name])
        else:
            yield difference(inside, want.get(name), got.get(name))


def _by_index(items: list[Any]) -> dict[str, Any]:
    return {f"[{index}]": each for index, each in enumerate(items)}


def differences(kind: str, declared: Properties, deployed: Properties | None) -> list[Difference]:
    """All differences between a resource of that `kind` and its declared properties.

    Only declared and IMPLIED properties are compared; within those in WHOLE, undeclared members count as well.
    Properties that cannot be compared are left out: see `not_compared`.
    """
    if deployed is None:
        return [Difference("", kind, None)]
    wanted = IMPLIED.get(kind, {}) | declared
    left_out = not_compared(kind, declared, deployed)
    return [
        each
        for name, value in wanted.items()
        if name in deployed and name not in left_out
        for each in _unequal((name,), value, deployed[name])
    ]


def not_compared(kind: str, declared: Properties, deployed: Properties | None) -> dict[str, str]:
    """The declared properties that cannot be compared, with the reasons."""
    if deployed is None:
        return {}
    reasons = {}
    for name, value in declared.items():
        if (kind, name) in NOT_READABLE:
            reasons[name] = NOT_READABLE[kind, name]
        elif name not in deployed:
            reasons[name] = "nothing reads it back"
        elif is_unknown(value):
            reasons[name] = "what it should be is not known here"
    return reasons


def _unequal(path: Path, want: Any, got: Any) -> Iterator[Difference]:
    if path[-1] in DOCUMENTS or isinstance(got, dict | list):
        want = parsed(want)
    if path[-1] in DOCUMENTS or isinstance(want, dict | list):
        got = parsed(got)
    if path[-1] in LITERAL:
        yield from literally(path, want, got)
    elif _empty(want) and _empty(got):
        return
    elif isinstance(want, dict) and (isinstance(got, dict) or got is None):
        yield from _of_objects(path, want, got or {})
    elif isinstance(want, list) or isinstance(got, list):
        yield from _of_lists(path, _as_list(want), _as_list(got))
    elif not _same(want, got):
        yield difference(path, want, got)


def _of_objects(path: Path, want: Properties, got: Properties) -> Iterator[Difference]:
    for name, value in want.items():
        yield from _unequal((*path, name), value, got.get(name))
    if not WHOLE.isdisjoint(path):
        for name in sorted(got.keys() - want.keys()):
            if not _empty(got[name]):
                yield difference((*path, name), None, got[name])


def _of_lists(path: Path, want: list[Any], got: list[Any]) -> Iterator[Difference]:
    """Compare lists as sets unless their order counts; match objects by an identifying member if they have one."""
    if path[-1] in IN_ORDER:
        if len(want) != len(got) or not all(map(_same, want, got)):
            yield difference(path, want, got)
        return
    if identity := _identity(want + got):
        theirs = {str(each[identity]): each for each in got}
        for each in want:
            key = str(each[identity])
            yield from _of_elements((*path, f"[{key}]"), each, theirs.pop(key, None))
        if path[-1] != "Tags":  # AWS and its tools add tags of their own
            yield from (difference((*path, f"[{key}]"), None, each) for key, each in theirs.items())
        return
    missing, extra = _unmatched(path, want, got)
    if all(isinstance(each, dict) for each in missing + extra):
        for index, (one, other) in enumerate(zip_longest(missing, extra)):
            inside = (*path, f"[{index}]")
            yield from (
                [difference(inside, one, other)] if one is None or other is None else _unequal(inside, one, other)
            )
    elif missing or extra:
        yield difference(path, want, got)


def _of_elements(path: Path, one: Any, other: Any) -> Iterator[Difference]:
    if one is None or other is None:
        yield difference(path, one, other)
    else:
        yield from _unequal(path, one, other)


def _unmatched(path: Path, want: list[Any], got: list[Any]) -> tuple[list[Any], list[Any]]:
    """The elements left on both sides of a maximum matching, since an object may match more than one other."""
    taken: dict[int, int] = {}

    def place(one: int, tried: set[int]) -> bool:
        for other in range(len(got)):
            if other not in tried and not any(_unequal((*path, "[]"), want[one], got[other])):
                tried.add(other)
                if other not in taken or place(taken[other], tried):
                    taken[other] = one
                    return True
        return False

    missing = [each for one, each in enumerate(want) if not place(one, set())]
    return missing, [each for other, each in enumerate(got) if other not in taken]


def _identity(items: list[Any]) -> str | None:
    return next((name for name in IDENTITIES if all(isinstance(each, dict) and name in each for each in items)), None)


def _same(want: Any, got: Any) -> bool:
    """True if two scalars are equal to CloudFormation, which accepts numbers and booleans as text too."""
    if want is None or got is None:
        return want is got
    if _number(want) or _number(got):
        try:
            return float(want) == float(got)
        except (TypeError, ValueError):
            return False
    return fits(_text(got), _text(want))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})
