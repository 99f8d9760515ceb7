"""Builds the content of the sheet from verdict.json and the checklist, independent of its format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from steps.reporting.sheet.facts import Fact, facts
from steps.reporting.sheet.words import GROUPS, VERDICTS, duration, minutes
from steps.suite.visible_text import in_data
from steps.verdict.checklist import PHASES, SCHEDULE, Item
from steps.verdict.model import LineResult, RankedDiagnosis, Verdict
from steps.verdict.verdict import BROKEN, FAILED, NOT_CHECKED, PASSED
from steps.verdict.words import Words

WAIVED = "waived"


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
    def mark(self) -> str:
        """The status of the line, or WAIVED."""
        return WAIVED if self.found.waived else self.found.status

    @property
    def bad(self) -> bool:
        """True if the line needs an explanation."""
        return self.found.status in (FAILED, BROKEN)

    @property
    def cause(self) -> Words:
        """The cause by the diagnosis, or else the usual cause of a NO of this line."""
        return self.diagnosis.cause if self.diagnosis else self.item.cause

    @property
    def remedy(self) -> Words:
        """The remedy by the diagnosis, or else the line's usual remedy."""
        return self.diagnosis.remedy if self.diagnosis else self.item.remedy


@dataclass(frozen=True)
class Phase:
    """A phase of the schedule: (least, most) minutes by hand, and the seconds it took; None if it was not run."""

    line: Line
    planned: tuple[int, int]
    seconds: float | None


@dataclass(frozen=True)
class Sheet:
    """Everything on the sheet; `groups` are the lines by the checklist's phases."""

    verdict: Verdict
    lines: Sequence[Line]
    groups: Sequence[tuple[Words, Sequence[Line]]]
    phases: Sequence[Phase]
    facts: Sequence[Fact]

    @property
    def counts(self) -> Counter[str]:
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

    @property
    def waived(self) -> list[Line]:
        """The lines that are NO and waived."""
        return [line for line in self.lines if line.mark == WAIVED]

    @property
    def means(self) -> Words:
        """The meaning of the verdict for the release."""
        word, waived = self.verdict.verdict, self.counts[WAIVED]
        if not waived:
            return VERDICTS[word]
        return Words(f"{VERDICTS[word].ja}（例外承認{waived}件）", f"{VERDICTS[word].en}, with {waived} waived")

    @property
    def lead(self) -> Words:
        """The verdict's reason in one sentence."""
        counts, scope = self.counts, len(self.verdict.scope)
        if not self.verdict.complete:
            return Words(
                "セッションが途中で終わったか一部だけの実行のため、判定はありません。",
                "The session was broken off or ran in part only, so there is no verdict.",
            )
        if counts[PASSED] == scope:
            return Words(f"対象の{scope}項目すべてが合格しました。", f"All {scope} lines in scope passed.")
        rest = [mark for mark in _REST if counts[mark]]
        ja = "、".join(f"{_REST[mark].ja}{counts[mark]}" for mark in rest)
        en = ", ".join(f"{counts[mark]} {_REST[mark].en}" for mark in rest)
        return Words(
            f"対象{scope}項目のうち合格は{counts[PASSED]}、{ja}です。",
            f"{counts[PASSED]} of {scope} lines in scope passed, {en}.",
        )


_REST = {
    FAILED: Words("不合格", "failed"),
    BROKEN: Words("判定不能", "broke"),
    NOT_CHECKED: Words("未確認", "not checked"),
    WAIVED: Words("例外承認", "waived"),
}


def filled(verdict: Verdict, checklist: Mapping[str, Item]) -> Sheet:
    """Return the sheet of this verdict."""
    verdict = verdict.with_texts(in_data)  # verdict.json keeps hidden characters as they were found
    best = {id: diagnosis for diagnosis in reversed(verdict.diagnoses) for id in diagnosis.items}
    items = verdict.items
    first = {items[id].reason: id for id in reversed([*checklist])}
    same_as = {id: first[items[id].reason] for id in checklist if first[items[id].reason] != id}
    lines = {id: Line(item, items[id], best.get(id), same_as.get(id)) for id, item in checklist.items()}
    return Sheet(
        verdict=verdict,
        lines=list(lines.values()),
        groups=[(GROUPS[phase], [each for each in lines.values() if each.item.phase == phase]) for phase in PHASES],
        phases=[_phase(lines[id], names, verdict.measured.phases) for id, names in SCHEDULE.items()],
        facts=facts(verdict),
    )


def _phase(line: Line, names: Sequence[str], seconds: Mapping[str, float]) -> Phase:
    timed = [seconds[name] for name in names if name in seconds]
    return Phase(line, line.item.by_hand_minutes or (0, 0), sum(timed) if timed else None)
