"""Every text of the reports in Japanese and English, and the marks of statuses and verdicts, from texts.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from steps.verdict.japanese import translate
from steps.verdict.model import RELEASE_TARGET, Conclusion, LineResult, Mark, Mode, RankedDiagnosis, Verdict, Waiver
from steps.verdict.words import Both, Words, fill, join, shorten_arns

FILE = Path(__file__).with_name("texts.toml")


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Status(_Table):
    """How a line's status is shown: in Markdown, in the terminal, as a name, and as a word within a sentence."""

    sign: str
    terminal: str
    color: str
    name: Both
    word: Both


class Meaning(_Table):
    """How a verdict is shown: its sign, and its meaning for the release."""

    sign: str
    means: Both


class Texts(_Table):
    """The tables of texts.toml; each holds its texts by name."""

    status: dict[Mark, Status]
    verdict: dict[Conclusion, Meaning]
    phase: dict[str, Both]
    mode: dict[Mode, Both]
    started_by: dict[str, Both]
    place: dict[str, Both]
    altered: dict[str, Both]
    count: dict[Mark, Both]
    unit: dict[str, Both]
    terminal: dict[str, Both]
    sheet: dict[str, Both]
    allure: dict[str, Both]
    session: dict[str, Both]
    chart: dict[str, Both]
    night: dict[str, Both]
    trend: dict[str, Both]


TEXTS = Texts.model_validate(tomllib.loads(FILE.read_text("utf-8")))


def duration(seconds: float) -> Words:
    """Return seconds as people read them."""
    if seconds < 60:
        return fill(TEXTS.unit["seconds"], seconds=seconds)
    minutes, rest = divmod(round(seconds), 60)
    return fill(TEXTS.unit["minutes_seconds"], minutes=minutes, seconds=rest)


def minutes(least: int, most: int) -> Words:
    """Return a range of minutes."""
    return fill(TEXTS.unit["minutes"], minutes=str(least) if least == most else f"{least}–{most}")


def tell_by_reading(verdict: Verdict) -> Words:
    """Return how many lines were judged live and how many by reading, in brackets; empty if all were judged live."""
    modes = [line.mode for line in verdict.lines_in_scope.values()]
    reading = modes.count("static")
    return fill(TEXTS.unit["by_reading"], live=len(modes) - reading, reading=reading) if reading else Words("", "")


def tell_place(verdict: Verdict) -> Words | None:
    """Return where the emulated AWS of this verdict ran; None for the real one."""
    is_real = verdict.target in (None, RELEASE_TARGET)
    return None if is_real else TEXTS.place.get(str(verdict.target), TEXTS.place["endpoint"])


def tell_alterations(verdict: Verdict) -> Words | None:
    """Return how the session differs from one that is run for a release, in one sentence; None if it does not."""
    told = [TEXTS.altered.get(each) or fill(TEXTS.altered["variable"], name=each) for each in verdict.altered_by]
    return fill(TEXTS.unit["altered"], how=join(told)) if told else None


def tell_waiver(waiver: Waiver) -> Words:
    """Return who has waived a line, until when, and why."""
    return fill(TEXTS.unit["waived"], who=waiver.who, expires=waiver.expires, reason=waiver.reason)


def tell_evidence(diagnosis: RankedDiagnosis, verdict: Verdict) -> list[Words]:
    """Return the evidence of a diagnosis; where it is the reason of a line, what that line has found."""
    by_reason = {item.reason: item for item in (verdict.items | (verdict.beyond or {})).values() if item.found}
    return [_tell(text, by_reason.get(text)) for text in diagnosis.evidence]


def _tell(text: str, line: LineResult | None) -> Words:
    if line is None or line.found is None:
        return translate(shorten_arns(text))
    details = tell_details(line)
    return Words(f"{line.found.ja}\n{details.ja}".rstrip(), f"{line.found.en}\n{details.en}".rstrip())


def tell_details(line: LineResult) -> Words:
    """Return the reason of a line; of one with a sentence, without what this says already."""
    reason = shorten_arns(line.reason).split("\n")
    return translate("\n".join(each for each in reason[1:] if each not in line.found.en) if line.found else line.reason)
