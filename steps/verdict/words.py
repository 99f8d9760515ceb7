"""Texts of a verdict: free text that a session found, and texts in Japanese and English."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError


def _changed(value: Any, info: ValidationInfo) -> Any:
    return info.context(value) if callable(info.context) else value


Text = Annotated[str, AfterValidator(_changed)]
"""Free text, which `Verdict.with_texts` can mask or make visible; the contract's own words are no Text."""
Document = Annotated[dict[str, Any], AfterValidator(_changed)]
"""Free texts and numbers by name."""


def _is_filled(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "the text is blank")
    return text


Filled = Annotated[
    str, AfterValidator(_is_filled), AfterValidator(_changed), Field(json_schema_extra={"pattern": r"\S"})
]
"""Text that is not blank; pydantic's own pattern would refuse lone surrogates."""


@dataclass(frozen=True)
class Words:
    """One text in Japanese and English."""

    ja: Filled
    en: Filled
    __pydantic_config__ = ConfigDict(extra="forbid")

    def change(self, text: Callable[[str], str]) -> Words:
        """Return it with `text` applied in both languages."""
        return Words(text(self.ja), text(self.en))


Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")
NOTHING = Words("なし", "nothing")
"""The text of None, and of a list without items."""
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:\d*:([^\s,;\"')]+)")
_KIND = re.compile(
    r"(?<![\w-])(?:execution:[^:]+|function|stateMachine|role|secret|layer|table|rule|cluster|log-group)[:/]"
)


def parameters(text: str) -> set[str]:
    """Return the names in {braces} in `text`."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _has_the_same_parameters(words: Words) -> Words:
    ja, en = parameters(words.ja), parameters(words.en)
    if ja != en:
        raise ValueError(f"the parameters are {ja} in Japanese and {en} in English")
    return words


Both = Annotated[Words, AfterValidator(_has_the_same_parameters)]
"""A text with the same parameters in both languages."""


class _InLanguage(Formatter):
    """Fills in parameters: bilingual ones in its language, ARNs as names, `{n:row|rows}` as the number and its noun."""

    def __init__(self, language: str) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" in format_spec:
            one, many = format_spec.split("|")
            return f"{value} {one if value == 1 else many}"
        if isinstance(value, Words):
            value = getattr(value, self._language)
        if isinstance(value, str):
            return shorten_arns(value)
        return getattr(NOTHING, self._language) if value is None else str(super().format_field(value, format_spec))


def fill(words: Words, /, **values: Any) -> Words:
    """Return the text with its parameters filled in; raises KeyError if one has no value."""
    return Words(*(_InLanguage(each).vformat(getattr(words, each), (), values) for each in LANGUAGES))


def shorten_arns(text: str) -> str:
    """Return `text` with the name of the resource in place of each ARN."""
    return _ARN.sub(lambda found: _KIND.sub("", found[1], count=1), text)


def enumerate_items(items: Collection[str | Words], most: int = 3) -> Words:
    """Return the first `most` items and the number of the others."""
    more, shown = len(items) - most, [*items][:most]
    ja, en = (
        [getattr(each, language) if isinstance(each, Words) else each for each in shown] for language in LANGUAGES
    )
    if not items:
        return NOTHING
    if more > 0:
        return Words(f"{'、'.join(ja)} ほか{more}件", f"{', '.join(en)} and {more} more")
    return Words("、".join(ja), " and ".join(filter(None, [", ".join(en[:-1]), en[-1]])))


def join(clauses: Iterable[Words]) -> Words | None:
    """Return one sentence of these clauses, each once; None if there are none."""
    told = [*dict.fromkeys(clauses)]
    if not told:
        return None
    return Words("、".join(each.ja for each in told), "; ".join(each.en for each in told))
