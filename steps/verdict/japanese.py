"""The Japanese of texts that stand in English in features, evidence and verdicts, by japanese.toml."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from string import Formatter

from steps.verdict.words import Words

FILE = Path(__file__).with_name("japanese.toml")
_SHORT = 10  # characters of a template's own; its values are single words, or it would fit sentences that it is not for


def translate(text: str) -> Words:
    """Return `text` in both languages, line by line; a line that no template fits stays as it is."""
    return Words("\n".join(map(_in_japanese, text.split("\n"))), text)


@cache
def templates() -> dict[str, str]:
    """Return the Japanese of each English text or template, whose {braces} are values."""
    tables = tomllib.loads(FILE.read_text("utf-8"))
    return {english: japanese for table in tables.values() for english, japanese in table.items()}


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return a pattern for each template with values, those with the most text of their own first."""
    found = [(_pattern(english), english, japanese) for english, japanese in templates().items() if "{" in english]
    return [(pattern, japanese) for pattern, english, japanese in sorted(found, key=lambda each: -len(each[1]))]


def _pattern(template: str) -> re.Pattern[str]:
    parts = [*Formatter().parse(template)]
    is_short = sum(len(text) for text, *_ in parts) < _SHORT
    value = r"\S+" if is_short else ".+?"
    return re.compile("".join(re.escape(text) + (f"(?P<{name}>{value})" if name else "") for text, name, _, _ in parts))


@cache
def _in_japanese(line: str) -> str:
    if line in templates():
        return templates()[line]
    for pattern, japanese in _patterns():
        if found := pattern.fullmatch(line):
            return japanese.format(**{name: _in_japanese(value) for name, value in found.groupdict().items()})
    return line
