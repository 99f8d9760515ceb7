"""All forms in which a text may contain a known secret: literal, escaped, quoted, in base64, in hexadecimal."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import cached_property
from html.entities import codepoint2name

Span = tuple[int, int]
ANYWHERE = 16
"""From this length on, a secret is masked even inside a word: it cannot occur there by chance."""
ENCODED = 6
"""From this length on, the base64 of a secret cannot occur in other base64 by chance."""
WORD = 8
"""From this length on, a secret is masked wherever it is a whole word."""
MIXED = 4
"""From this length on too, if it is neither all letters (perhaps a word of prose) nor all digits (perhaps a count)."""
SHORTEST = 3
"""A shorter secret is masked only after a secret name."""
_ESCAPED = re.compile(r"(?:%(?:25)*|\\x|\\u00|&(?:amp;)*#x0*)([3-7][0-9a-f])|&(?:amp;)*#0*(\d{2,3});")
"""Matches the numeric escape of a letter, digit or other ASCII character, in lower-case text."""
_ESCAPES = {"\n": "n", "\r": "r", "\t": "t"}
EDGE = r"(?:(?<![\w-])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4}))"
"""Matches where a word can begin, also after an escaped character such as %3D, \\n or \\u0022."""


class Form:
    """A pattern, and what to look for first: `marks` in lower case, or `letters` that are escaped.

    Every text that the pattern matches contains one of these. The secret is the only group that matched, or else the
    whole match.
    """

    def __init__(self, marks: tuple[str, ...], source: str, letters: str = "") -> None:
        self.marks, self.letters, self._source = marks, frozenset(letters), source

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern, compiled on first use."""
        return re.compile(self._source)


class Search:
    """Finds forms in texts; looking for the marks first takes a hundredth of the time."""

    def __init__(self, forms: Iterable[Form]) -> None:
        self._forms = list(forms)
        self._marks = [(mark, form) for form in self._forms for mark in form.marks]

    def spans(self, text: str, small: str) -> Iterator[Span]:
        """Yield the spans of secrets in `text`; `small` is the text in lower case."""
        found = {form: None for mark, form in self._marks if mark in small}
        if escaped := {chr(int(code[1] or code[2], 16 if code[1] else 10)) for code in _ESCAPED.finditer(small)}:
            found |= {form: None for form in self._forms if form.letters & escaped}
        for form in found:
            yield from (each.span(each.lastindex or 0) for each in form.pattern.finditer(text))


def forms(secret: str) -> Iterator[Form]:
    """Yield every form of a secret of SHORTEST characters or more."""
    if len(secret) < MIXED or (len(secret) < WORD and (secret.isalpha() or secret.isdigit())):
        yield Form((secret.lower(),), _as_a_value(secret))
        return
    written = "".join(map(_character, secret))
    # Most forms leave letters and digits as they are.
    run = _longest_run(secret)
    yield Form((run.lower(),), written if len(secret) >= ANYWHERE else rf"{EDGE}{written}(?![\w-])", letters=run)
    octets = secret.encode("utf-8", "surrogatepass")
    if len(octets) >= ENCODED:
        yield Form((octets.hex(),), f"(?i:{octets.hex()})")
        yield from (_base64(octets, before) for before in range(3))


def _longest_run(text: str) -> str:
    return max(re.findall("[0-9A-Za-z]+", text), key=len, default="")


def _as_a_value(secret: str) -> str:
    """Return a pattern for the secret as a whole value: between quotes, after =, or as the whole text."""
    secret = re.escape(secret)
    quoted = "|".join(rf"(?<={quote})({secret})(?=\\*{quote})" for quote in "\"'")
    return rf"{quoted}|(?<==)({secret})(?=[\s\"'\\&;,)]|$)|\A({secret})\Z"


def _character(character: str) -> str:
    """Return a pattern of all ways to write a character in URLs, HTML, JSON (also JSON in JSON), shells and CSV."""
    code, octets = ord(character), character.encode("utf-8", "surrogatepass")
    units = re.findall("....", character.encode("utf-16-be", "surrogatepass").hex())
    names = {"apos"} if character == "'" else {codepoint2name[code]} if code in codepoint2name else set()
    alternatives = (
        *_literal(character),
        "".join(rf"%(?:25)*(?i:{octet:02x})" for octet in octets),
        "".join(rf"\\+u(?i:{unit})" for unit in units),
        "".join(rf"\\+x(?i:{octet:02x})" for octet in octets),
        *([rf"\\+x(?i:{code:02x})"] if 0x80 <= code < 0x100 else []),
        rf"&(?:amp;)*#(?:0*{code}|[xX]0*(?i:{code:x}));",
        *(f"&(?:amp;)*{name};" for name in names),
    )
    return f"(?:{'|'.join(alternatives)})"


def _literal(character: str) -> tuple[str, ...]:
    """Return patterns for the character itself and for its escapes without a number."""
    if character in _ESCAPES:
        indented = r"[ \t|]*" if character == "\n" else ""
        return rf"\\*{re.escape(character)}{indented}", rf"\\+{_ESCAPES[character]}"
    if character in "\"'":
        other = "'" if character == '"' else '"'
        return rf"{character}{other}{character}{other}{character}", r"'\\''", rf"\\*{character}{character}?"
    if character == " ":
        return r"\\* ", r"\+"
    if character == "\\":
        return (r"\\+",)
    return (character if character.isalnum() else rf"\\*{re.escape(character)}",)


def _base64(octets: bytes, before: int) -> Form:
    """Return the form of base64, also URL-safe, for a secret after `before` octets (modulo 3) of other text.

    The match includes the characters at both ends that also depend on neighbouring octets.
    """
    whole = (before + len(octets)) * 8 // 6
    core = b64encode(bytes(before) + octets).decode()[-(-before * 8 // 6) : whole]
    partial = "[A-Za-z0-9+/_-]"
    written = "".join({"+": "(?:[+-]|%2[Bb])", "/": r"(?:\\*/|_|%2[Ff])"}.get(each, each) for each in core)
    end = rf"(?:{partial}(?:=|%3[Dd])*)?" if (before + len(octets)) % 3 else ""
    return Form((_longest_run(core).lower(),), rf"{partial if before else ''}{written}{end}")
