"""Takes secrets out of whatever is written down: those that are known, and all that looks like one."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "***"
_SHORTEST = 8
"""A known value below this many characters is no secret worth the name, and would blot out ordinary words."""
_SAFE_ANYWHERE = 16
"""From here on a value cannot be part of another word by chance."""

_NAME = (
    r"(?i:passw(?:or)?d|passphrase|(?:secret|private|api)[_-]?(?:access[_-]?)?key|secret[_-]?string"
    r"|client[_-]?secret|token|x-amz-signature)"
)
_SECRET_NAME = re.compile(rf"{_NAME}$")
_NAMED = ("passw", "passphrase", "secret", "private", "api", "token", "signature")
_SHAPES = tuple(
    (marks, re.compile(shape, flags))
    for marks, shape, flags in (
        # "password": "...", 'password': '...', also where the JSON is itself a string of JSON
        (
            _NAMED,
            rf"""{_NAME}(?:\\*["'])?\s*[:=]\s*(?P<q>\\*["'])(?P<secret>(?:(?!(?P=q))(?:\\.|.))+)(?P=q)""",
            re.S,
        ),
        # AWS_SESSION_TOKEN=..., &X-Amz-Signature=...
        (_NAMED, rf"""{_NAME}=(?P<secret>[^\s"'\\{{}}\[\],;&<>()]+)""", 0),
        # password: ... to the line's end, or to the next pair; not prose that goes on after a word
        (_NAMED, rf"""{_NAME}:[ \t]*(?P<secret>[^\s"'\\{{}}\[\],;&<>()]+)(?=[ \t]*(?:$|[,;}}&]))""", re.M),
        (("://",), r"""\b[a-z][a-z0-9+.-]*://[^\s:/@"']*:(?P<secret>[^\s/@"']+)@""", re.I),
        (("akia", "asia"), r"\b(?P<secret>(?:AKIA|ASIA)[A-Z0-9]{16})\b", 0),
        (("bearer", "basic"), r"\b(?:Bearer|Basic)\s+(?=\S*[\d=+/])(?P<secret>[\w.~+/=-]{12,})", re.I),
        (("signature=",), r"\bSignature=(?P<secret>[0-9a-f]{32,})", 0),
        (("eyj",), r"\b(?P<secret>eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*)", 0),
        (("gh", "github_pat_"), r"\b(?P<secret>(?:gh[opsur]_|github_pat_)\w{20,})", 0),
        (("hooks.slack.com",), r"hooks\.slack\.com/services/(?P<secret>[\w/]+)", 0),
        (
            ("private key",),
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<secret>.+?)-----END [A-Z ]*PRIVATE KEY-----",
            re.S,
        ),
    )
)
"""What secrets look like, each with the small letters of which a text holds some wherever it holds such a secret.

To look for letters takes a hundredth of the time.
"""
_NO_SECRETS = {MASK, "null", "None", "true", "false"}


class Masking:
    """Knows the secrets of a session; what it answers holds none of them."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.learn(variables)

    def learn(self, variables: Mapping[str, str]) -> None:
        """The values of variables whose names say that they are secret, and the secrets within any other's."""
        for name, value in variables.items():
            found = [value] if _SECRET_NAME.search(name) else _shown(value)
            self._known |= {form for each in found if len(each) >= _SHORTEST for form in _forms(each)}
        longest_first = sorted(self._known, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_exactly, longest_first))) if longest_first else None

    def text(self, text: str) -> str:
        """`text` with MASK in the place of each secret."""
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        for shape in _shapes_in(text):
            text = shape.sub(_masked, text)
        return text

    def data(self, value: Any) -> Any:
        """The same for every text within dicts, lists and tuples; all of what a secret's name stands for."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.data(name): self._named(name, each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.data(each) for each in value]
        return value

    def _named(self, name: Any, value: Any) -> Any:
        secret = isinstance(name, str) and isinstance(value, str) and value and _SECRET_NAME.search(name)
        return MASK if secret else self.data(value)


def _masked(found: re.Match[str]) -> str:
    if found["secret"] in _NO_SECRETS:
        return found[0]
    start, end = (position - found.start() for position in found.span("secret"))
    return found[0][:start] + MASK + found[0][end:]


def _shown(text: str) -> Iterator[str]:
    """The secrets that `text` itself shows for what they are, such as a URL's password."""
    return (found["secret"] for shape in _shapes_in(text) for found in shape.finditer(text))


def _shapes_in(text: str) -> Iterator[re.Pattern[str]]:
    """The shapes that may be in `text`."""
    small = text.lower()
    return (shape for marks, shape in _SHAPES if any(mark in small for mark in marks))


def _forms(secret: str) -> set[str]:
    """The forms in which a secret may turn up: in a URL, in JSON, in HTML."""
    escaped = json.dumps(secret)[1:-1]
    return {secret, quote(secret, safe=""), quote_plus(secret), escaped, html.escape(secret)}


def _exactly(secret: str) -> str:
    text = re.escape(secret)
    return text if len(secret) >= _SAFE_ANYWHERE else rf"(?<![\w-]){text}(?![\w-])"
