"""Policy patterns: the wildcards `*` and `?`, and variables that are replaced from a request's context.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

Context = Mapping[str, tuple[str, ...]]
"""Maps each known condition key of a request, in lower case, to its values."""

_TOKEN = re.compile(r"\$\{([^}]*)\}|([*?])")
_WILD = {"*": ".*", "?": "."}
_NEVER = "(?!)"


def like(pattern: str, text: str, context: Context) -> bool:
    """True if `pattern` matches all of `text`; a variable without a value matches nothing."""
    expression = _expression(pattern, context) if "${" in pattern else _compiled(pattern)
    return expression.fullmatch(text) is not None


def filled(text: str, context: Context) -> str | None:
    """Replace the variables in `text` with their values; None if one has no value."""
    found = {token[0]: _value(token[1], context) for token in _TOKEN.finditer(text) if token[1] is not None}
    if None in found.values():
        return None
    return _TOKEN.sub(lambda token: found.get(token[0]) or token[0], text)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return _expression(pattern, {})


def _expression(pattern: str, context: Context) -> re.Pattern[str]:
    parts, end = [], 0
    for token in _TOKEN.finditer(pattern):
        parts += [re.escape(pattern[end : token.start()]), _meaning(token, context)]
        end = token.end()
    return re.compile("".join([*parts, re.escape(pattern[end:])]), re.DOTALL)


def _meaning(token: re.Match[str], context: Context) -> str:
    if token[2]:
        return _WILD[token[2]]
    value = _value(token[1], context)
    return _NEVER if value is None else re.escape(value)


def _value(variable: str, context: Context) -> str | None:
    if variable in ("*", "?", "$"):  # policies escape these characters as ${*}, ${?}, ${$}
        return variable
    key, _, default = variable.partition(",")
    values = context.get(key.strip().lower())
    return values[0] if values else default.strip().strip("'") or None
