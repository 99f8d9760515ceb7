"""Builds the content of the sheet from verdict.json and the checklist, independent of its format."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from steps.reporting.sheet.facts import Fact, list_facts
from steps.reporting.texts import (
    TEXTS,
    duration,
    minutes,
    tell_alterations,
    tell_by_reading,
    tell_details,
    tell_evidence,
    tell_place,
)
from steps.suite.visible_text import in_data
from steps.verdict.checklist import PHASES, SCHEDULE, Item, Requirement, read_requirements
from steps.verdict.commands import fill_in_item, list_values
from steps.verdict.japanese import templates, translate
from steps.verdict.model import LineResult, Mark, RankedDiagnosis, Verdict
from steps.verdict.verdict import BROKEN, FAILED, NOT_CHECKED, PASSED
from steps.verdict.words import Words, fill

WAIVED: Final = "waived"
_SCENARIO = Words("{file}: {name}", "{file}: {name}")


@dataclass(frozen=True)
class Line:
    """A line of the checklist with its result.

    diagnosis: the highest-ranked one that explains the line. same_as: the first line above with the same reason.
    """

    item: Item
    found: LineResult
    diagnosis: RankedDiagnosis | None
    same_as: str | None

    @property
    def mark(self) -> Mark:
        """The status of the line, or WAIVED."""
        return self.found.mark

    @property
    def bad(self) -> bool:
        """True if the line needs an explanation."""
        return self.found.status in (FAILED, BROKEN)

    @property
    def wanted(self) -> Words:
        """The claims that `got` is about."""
        return self.found.criterion or translate(self.found.wanted or "–")

    @property
    def got(self) -> Words:
        """The finding in one sentence; for a line that was not checked, the reason."""
        unjudged = self.found.reason if self.found.status == NOT_CHECKED else ""
        return self.found.found or translate(self.found.got or unjudged or "–")

    @property
    def is_one_sentence(self) -> bool:
        """True if `wanted` and `got` say the same, or if nothing was judged."""
        is_unjudged = not (self.found.wanted or self.found.got or self.bad)
        return is_unjudged or (self.mark == PASSED and self.wanted == self.got)

    @property
    def is_read(self) -> bool:
        """True if the line was judged by reading what is configured."""
        return self.found.mode == "static"

    @property
    def details(self) -> Words | None:
        """The evidence of a NO, or the reason of any other line that did not pass."""
        details = tell_details(self.found)
        return details if details.en else None

    @property
    def kind_of_details(self) -> Literal["evidence", "reason"]:
        return "evidence" if self.found.found else "reason"

    @property
    def cause(self) -> Words:
        """The cause by the diagnosis, or else the usual cause of a NO of this line."""
        return self.diagnosis.cause if self.diagnosis else self.item.cause

    @property
    def remedy(self) -> Words:
        """The remedy by the diagnosis, or else the line's usual remedy."""
        return self.diagnosis.remedy if self.diagnosis else self.item.remedy


@dataclass(frozen=True)
class BeyondLine:
    """A requirement beyond the checklist with its result, and the highest-ranked diagnosis that explains it."""

    requirement: Requirement
    found: LineResult
    diagnosis: RankedDiagnosis | None

    @property
    def got(self) -> Words:
        """The finding in one sentence; for a requirement that was not judged, the reason."""
        return self.found.found or translate(self.found.reason or "–")

    @property
    def details(self) -> list[tuple[str, Words]]:
        """Usual cause, risk and remedy of a requirement that does not hold, by the names of their headings."""
        if self.found.status not in (FAILED, BROKEN):
            return []
        bad = [scenario(each.id) for each in self.found.scenarios if each.status != PASSED]
        cause = [("cause", self.diagnosis.cause)] if self.diagnosis else []
        named = [("scenarios", Words("\n".join(each.ja for each in bad), "\n".join(each.en for each in bad)))]
        return [*named, *cause, ("risk", self.requirement.risk), ("remedy", self.requirement.remedy)]


@dataclass(frozen=True)
class Phase:
    """A phase of the schedule: (least, most) minutes by hand, and the seconds it took; None if it was not run."""

    line: Line
    planned: tuple[int, int]
    seconds: float | None


@dataclass(frozen=True)
class Sheet:
    """Everything on the sheet; `groups` are the lines by the checklist's phases, `beyond` what lies beyond it."""

    verdict: Verdict
    lines: Sequence[Line]
    groups: Sequence[tuple[Words, Sequence[Line]]]
    phases: Sequence[Phase]
    facts: Sequence[Fact]
    beyond: Sequence[BeyondLine]

    @property
    def counts(self) -> Counter[Mark]:
        """The number of lines in scope for each mark."""
        return Counter(line.mark for line in self.lines if line.item.id in self.verdict.scope)

    @property
    def planned(self) -> Words:
        """The range of minutes that all phases together take by hand."""
        return minutes(sum(phase.planned[0] for phase in self.phases), sum(phase.planned[1] for phase in self.phases))

    @property
    def actual(self) -> Words:
        """The total duration of the phases that were run."""
        return duration(sum(phase.seconds or 0 for phase in self.phases))

    def evidence(self, diagnosis: RankedDiagnosis) -> Words:
        """The evidence of a diagnosis, line by line."""
        told = tell_evidence(diagnosis, self.verdict)
        return Words("\n".join(each.ja for each in told), "\n".join(each.en for each in told))

    @property
    def waived(self) -> list[Line]:
        """The lines that are NO and waived."""
        return [line for line in self.lines if line.mark == WAIVED]

    @property
    def means(self) -> Words:
        """The meaning of the verdict for the release."""
        means, waived = TEXTS.verdict[self.verdict.verdict].means, self.counts[WAIVED]
        if self.verdict.is_trial and (place := tell_place(self.verdict)):
            means = fill(TEXTS.sheet["trial"], place=place)
        return fill(TEXTS.sheet["with_waived"], verdict=means, count=waived) if waived else means

    @property
    def shade(self) -> str:
        """The colour of the headline: a verdict, but a GO with waived lines and one of an emulator have their own."""
        if self.verdict.verdict != "GO":
            return self.verdict.verdict.lower()
        return "go-waived" if self.waived else "go-trial" if self.verdict.is_trial else "go"

    @property
    def altered(self) -> Words | None:
        """How the session differs from one that is run for a release."""
        return tell_alterations(self.verdict)

    @property
    def lead(self) -> Words:
        """The verdict's reason: a sentence on the lines and, where there are any, one on the requirements beyond."""
        if not (self.beyond and self.verdict.complete):
            return self._lead_of_lines
        kept = sum(each.found.status == PASSED for each in self.beyond)
        told = fill(TEXTS.sheet["kept"], kept=kept, count=len(self.beyond))
        return Words(self._lead_of_lines.ja + told.ja, f"{self._lead_of_lines.en} {told.en}")

    @property
    def _lead_of_lines(self) -> Words:
        counts, scope, reading = self.counts, len(self.verdict.scope), tell_by_reading(self.verdict)
        if not self.verdict.complete:
            return TEXTS.sheet["no_verdict"]
        if counts[PASSED] == scope:
            return fill(TEXTS.sheet["all_passed"], scope=scope, reading=reading)
        rest = [(counts[mark], TEXTS.status[mark].word) for mark in _REST if counts[mark]]
        listed = Words(
            "、".join(f"{word.ja}{count}" for count, word in rest),
            ", ".join(f"{count} {word.en}" for count, word in rest),
        )
        return fill(TEXTS.sheet["some_passed"], scope=scope, passed=counts[PASSED], rest=listed, reading=reading)


_REST: tuple[Mark, ...] = (FAILED, BROKEN, NOT_CHECKED, WAIVED)


def fill_in(verdict: Verdict, checklist: Mapping[str, Item]) -> Sheet:
    """Return the sheet of this verdict."""
    verdict = verdict.with_texts(in_data)  # verdict.json keeps hidden characters as they were found
    of_roots = [(root, id) for root in reversed(verdict.roots) for id in (*root.items, *verdict.find_sequels(root))]
    best = {id: root for root, id in of_roots}
    items, values = verdict.items, list_values(verdict.run.model_dump(), verdict.account)
    checklist = {id: fill_in_item(item, values) for id, item in checklist.items()}
    first = {items[id].reason: id for id in reversed([*checklist])}
    same_as = {id: first[items[id].reason] for id in checklist if first[items[id].reason] != id}
    lines = {id: Line(item, items[id], best.get(id), same_as.get(id)) for id, item in checklist.items()}
    return Sheet(
        verdict=verdict,
        lines=list(lines.values()),
        groups=[
            (TEXTS.phase[phase], [each for each in lines.values() if each.item.phase == phase]) for phase in PHASES
        ],
        phases=[_phase(lines[id], names, verdict.measured.phases) for id, names in SCHEDULE.items()],
        facts=list_facts(verdict),
        beyond=[BeyondLine(each, found, best.get(id)) for id, each, found in _list_beyond(verdict)],
    )


def _list_beyond(verdict: Verdict) -> Iterator[tuple[str, Requirement, LineResult]]:
    found = verdict.beyond or {}
    yield from ((id, each, found[id]) for id, each in read_requirements().items() if id in found)


def _phase(line: Line, names: Sequence[str], seconds: Mapping[str, float]) -> Phase:
    timed = [seconds[name] for name in names if name in seconds]
    return Phase(line, line.item.by_hand_minutes or (0, 0), sum(timed) if timed else None)


def _letters(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


@cache
def _names_of_scenarios() -> dict[str, str]:
    """Return the name of each scenario by its letters, which are all that the name of its test keeps."""
    return {_letters(name): name for name in templates()}


def scenario(id: str) -> Words:
    """Return file and name of a scenario from its id, without the parts that all ids share."""
    file, _, test = id.partition("::")
    test = test.removeprefix("test_")
    name = translate(_names_of_scenarios().get(_letters(test), test.replace("_", " ")))
    return fill(_SCENARIO, file=file.removeprefix("features/"), name=name)
