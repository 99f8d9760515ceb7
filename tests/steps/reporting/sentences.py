"""The rules of what a line of the checklist tells: a sentence with a unit or a name, and nothing of Python or ARNs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steps.verdict.words import Words

LONGEST = {"ja": 200, "en": 360}
_OF_PYTHON = re.compile(r"[\[\]{}]|\b(?:None|True|False)\b|\w\(\w+=|'[^' ]*'|\(\d+, \d+\)|<\w+ object")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_EMPTY = {"so", "there", "none", "not", "the same", "nothing", "on", "ready", "all"}


def find_faults(told: Words) -> Iterator[str]:
    """Yield what is wrong with the sentence, in either language."""
    for language in ("ja", "en"):
        text = getattr(told, language)
        if found := _OF_PYTHON.search(text):
            yield f"{language} shows {found[0]!r}, a value of Python: {text}"
        if "arn:" in text:
            yield f"{language} shows an ARN: {text}"
        if not 6 <= len(text) <= LONGEST[language]:
            yield f"{language} has {len(text)} characters: {text}"
        if "\n" in text:
            yield f"{language} has several lines: {text}"
    if not _JAPANESE.search(told.ja):
        yield f"ja is not Japanese: {told.ja}"
    if found := _JAPANESE.search(re.sub(r"\S*,\S*,\S*", "", told.en)):  # a header of the CSV is Japanese
        yield f"en is Japanese: {told.en}"
    for clause in told.en.split("; "):
        value = clause.removeprefix("wanted: ").strip()
        if value in _EMPTY or re.fullmatch(r"[\d.,:%-]*", value):
            yield f"en tells {value!r} alone: {told.en}"
        if found := re.search(r"(?<![\d.])1 \w+s\b(?<!ss)(?<!ms)", value):
            yield f"en has a wrong plural, {found[0]!r}: {told.en}"
