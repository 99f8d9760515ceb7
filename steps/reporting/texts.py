"""Every text of the reports in Japanese and English, and the marks of statuses and verdicts, from texts.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from string import Formatter
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

from steps.verdict.model import Conclusion, Mark
from steps.verdict.words import Words

FILE = Path(__file__).with_name("texts.toml")
LANGUAGES = ("ja", "en")


def _has_the_same_parameters(words: Words) -> Words:
    ja, en = ({name for _, name, _, _ in Formatter().parse(text) if name is not None} for text in (words.ja, words.en))
    if ja != en:
        raise ValueError(f"the parameters are {ja} in Japanese and {en} in English")
    return words


Both = Annotated[Words, AfterValidator(_has_the_same_parameters)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Status(_Table):
    """How a line's status is shown: in Markdown, in the terminal, as a name, and as a word within a sentence."""

    sign: str
    terminal: str
    color: str
    name: Both
    word: Both


class Verdict(_Table):
    """How a verdict is shown: its sign, and its meaning for the release."""

    sign: str
    means: Both


class Texts(_Table):
    """The tables of texts.toml; each holds its texts by name."""

    status: dict[Mark, Status]
    verdict: dict[Conclusion, Verdict]
    phase: dict[str, Both]
    started_by: dict[str, Both]
    unit: dict[str, Both]
    sheet: dict[str, Both]
    allure: dict[str, Both]
    night: dict[str, Both]
    trend: dict[str, Both]


TEXTS = Texts.model_validate(tomllib.loads(FILE.read_text("utf-8")))


def fill(words: Words, **parameters: Any) -> Words:
    """Return the text with its parameters filled in; one that is itself in two languages is filled in by language."""
    ja, en = (
        {name: getattr(value, language) if isinstance(value, Words) else value for name, value in parameters.items()}
        for language in LANGUAGES
    )
    return Words(words.ja.format(**ja), words.en.format(**en))


def duration(seconds: float) -> Words:
    """Return seconds as people read them."""
    if seconds < 60:
        return fill(TEXTS.unit["seconds"], seconds=seconds)
    minutes, rest = divmod(round(seconds), 60)
    return fill(TEXTS.unit["minutes_seconds"], minutes=minutes, seconds=rest)


def minutes(least: int, most: int) -> Words:
    """Return a range of minutes."""
    return fill(TEXTS.unit["minutes"], minutes=str(least) if least == most else f"{least}–{most}")
