"""The messages in which steps say what they wanted and what they found, from findings.toml, in both languages."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from steps.verdict.japanese import translate
from steps.verdict.words import NOTHING, Both, Words, fill, parameters

FILE = Path(__file__).with_name("findings.toml")
WHERE = "where"
"""The parameter that every message may have: the deviations, or the place of the wrong value."""


class Message(BaseModel):
    """The text of a check: its claim, what it has found if that holds (None: the same), what it has found if not."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    wanted: Both
    found: Both | None = None
    no: Both = Words("{where}", "{where}")

    @property
    def parameters(self) -> set[str]:
        """The names of the values that a step has to give, beside WHERE."""
        texts = [words.en for words in (self.wanted, self.found, self.no) if words]
        return {name for text in texts for name in parameters(text)} - {WHERE}


class Catalogue(BaseModel):
    """findings.toml: the messages and the phrases by id, and the messages that a line tells when it passed."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    message: dict[str, Message]
    phrase: dict[str, Both]
    tells: dict[str, list[str]] = Field(description="by the line's id; a line that is missing here tells all")


NOWHERE = Words("", "")
CATALOGUE = Catalogue.model_validate(tomllib.loads(FILE.read_text("utf-8")))
_OTHERWISE = Words("{got}（期待：{wanted}）", "{got}; wanted: {wanted}")
_AND_WHERE = Words("{sentence}：{where}", "{sentence}; {where}")


class Judgement(NamedTuple):
    """The claim of a check, what it found, and where the wrong value is; `id` is the message's."""

    id: str
    holds: bool
    wanted: Words
    got: Words
    where: Words = NOWHERE

    @property
    def reason(self) -> str:
        """The reason of a NO in the contract's English."""
        return f"wanted {self.wanted.en}, got {self.got.en}"

    @property
    def sentence(self) -> Words:
        """The sentence of the check's finding; if its claim does not hold, also the wanted value and the place."""
        if self.holds:
            return self.got
        sentence = fill(_OTHERWISE, got=self.got, wanted=self.wanted)
        return sentence if self.where == NOWHERE else fill(_AND_WHERE, sentence=sentence, where=self.where)


def judge(id: str, holds: bool, values: Mapping[str, Any], where: str | Words = "") -> Judgement:
    """Return the judgement in the words of the message `id`; raises KeyError for an unknown id or a missing value."""
    message = CATALOGUE.message[id]
    wanted = fill(message.wanted, **values)
    if holds:
        return Judgement(id, True, wanted, fill(message.found or message.wanted, **values))
    where = translate(where) if isinstance(where, str) else where
    got = fill(message.no, **values, where=where)
    is_told = where in (NOTHING, NOWHERE) or WHERE in parameters(message.no.en)
    return Judgement(id, False, wanted, got, NOWHERE if is_told else where)


def phrase(id: str, /, **values: Any) -> Words:
    """Return the phrase `id`, as a value of a message; raises KeyError for an unknown id or a missing value."""
    return fill(CATALOGUE.phrase[id], **values)


def choose(line: str, judgements: Sequence[Judgement]) -> list[Judgement]:
    """Return the judgements that do not hold, or else those of which the line of the checklist tells."""
    if failed := [each for each in judgements if not each.holds]:
        return failed
    told = {each.id: each for each in reversed(judgements)}
    return [told[id] for id in CATALOGUE.tells.get(line, ()) if id in told] or list(judgements)
