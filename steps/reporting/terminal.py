"""The terminal summary of a session: a line per item of the checklist, the diagnoses, the figures, the verdict."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import east_asian_width

import pytest

from steps.reporting.texts import (
    TEXTS,
    duration,
    tell_alterations,
    tell_by_reading,
    tell_details,
    tell_evidence,
    tell_place,
    tell_waiver,
)
from steps.suite.visible_text import MARGIN, quoted, visible
from steps.verdict.checklist import Item, Requirement, read_requirements
from steps.verdict.japanese import translate
from steps.verdict.model import LineResult, RankedDiagnosis, Verdict
from steps.verdict.verdict import PASSED, Scenario
from steps.verdict.words import Language, Words, fill

_EVIDENCE_LINES = 3
_INDENTED = Words("  {name}", "  {name}")
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60"
_BREAKABLE = re.compile(rf" *[（「]*[{_WIDE}][）」、。：]* *| *[^\s{_WIDE}]+| +")
"""A part of a text at which a line may break: a word, or a wide character with its punctuation."""
_REASON_LINES = 4  # the full reason is shown with the failed scenario and in verdict.json
_STOPPED_LINES = 8


class Ended(NamedTuple):
    """A session that has ended.

    sheet: the path of the filled checklist. part: the scenarios of a session that is a part. stopped: the error that
    stopped a session before its first check, printed in place of the lines.
    """

    verdict: Verdict
    checklist: Mapping[str, Item]
    sheet: Path
    part: Collection[Scenario] | None
    stopped: str | None


def summary(terminal: pytest.TerminalReporter, language: Language, ended: Ended) -> None:
    """Print the summary of a session in this language, the path of its sheet last."""
    Summary(terminal, language).write(ended)


def failure(steps: dict[str, Any] | None, scenario: Scenario) -> str:
    """The steps of a scenario up to the failed one, and the reason; shown instead of a traceback."""
    told = []
    for step in steps["steps"] if steps else ():
        told.append(f"  {step['keyword']:<5} {step['name']}{'   <-- ' + scenario.status if step['failed'] else ''}")
        if step["failed"]:
            break
    return "\n".join([*told, "", MARGIN + quoted(scenario.reason)])


def clean(report: pytest.TestReport, shown: Callable[[str], str], style: str) -> None:
    """Clean what pytest shows of a scenario, its traceback and captured output, with `shown`, which cleans a text.

    In the styles "native" and "line" pytest prints the lines of an error without a margin, so they are quoted.
    """
    report.sections = [(title, MARGIN + quoted(shown(text).rstrip("\n"))) for title, text in report.sections]
    if isinstance(report.longrepr, tuple):
        path, line, reason = report.longrepr
        report.longrepr = (path, line, quoted(shown(reason)))
    elif report.longrepr is not None:
        told = str(report.longrepr)
        cleaned = MARGIN + quoted(shown(told)) if style in ("native", "line") else shown(told)
        if cleaned != told:
            report.longrepr = cleaned


class Summary:
    """Prints the parts of a summary in one language."""

    def __init__(self, terminal: pytest.TerminalReporter, language: Language) -> None:
        self._terminal, self._language = terminal, language

    def write(self, ended: Ended) -> None:
        """Print the lines of the checklist, the diagnoses, the figures, the notes, and the verdict."""
        self._terminal.ensure_newline()
        self._terminal.section(self._text("head", target=ended.verdict.target), sep="=")
        if ended.stopped is None:
            self._write_lines(ended.verdict, ended.checklist)
        else:
            self._terminal.write_line("  " + "\n  ".join(visible(ended.stopped).split("\n")[:_STOPPED_LINES]))
        verdict, part = ended.verdict, ended.part
        word, is_good, rest = self._close(verdict) if part is None else self._close_part(part)
        self._terminal.write_line("")
        color = "red" if not is_good else "yellow" if verdict.is_waived else "green"
        self._terminal.write(f"  {word}", bold=True, **{color: True})
        self._write(f"  {rest}", 4, at=_columns(word) + 2)
        if altered := tell_alterations(verdict):
            self._write(quoted(f"  {self._in(altered)}"), 4)
        self._terminal.write_line(f"  {self._text('sheet', file=ended.sheet)}")

    def _write_lines(self, verdict: Verdict, checklist: Mapping[str, Item]) -> None:
        scope = verdict.lines_in_scope
        apart = [id for id, line in verdict.items.items() if not line.applies]
        shown = [id for id, line in scope.items() if verdict.complete or line.scenarios]
        said: set[str] = set()
        for id in [id for id in checklist if id in (*shown, *apart)]:
            self._write_line(checklist[id], verdict.items[id], said)
        self._write_beyond(verdict, said)
        self._terminal.write_line("")
        for diagnosis in verdict.roots:
            self._write_diagnosis(diagnosis, verdict)
        for name, value in _figures(verdict):
            self._terminal.write_line(quoted(f"  {_padded(self._in(name), 22)}{self._in(value)}"))
        for note in verdict.notes:
            self._write(quoted(f"  {self._text('note', note=translate(note))}"), 4)

    def _write(self, text: str, indent: int, *, at: int = 0, **style: bool) -> None:
        """Write lines that begin in column `at`; in a terminal, wrap them at its width with a hanging indent."""
        width = self._terminal._tw.fullwidth if self._terminal.isatty else None
        lines = text.split("\n")
        told = "\n".join(wrap(line, width - 1, indent, at) for line in lines) if width else text
        self._terminal.write_line(told, **style)

    def _write_beyond(self, verdict: Verdict, said: set[str]) -> None:
        """Print a line for each requirement beyond the checklist; of a part of a session, for those that it ran."""
        shown = {id: found for id, found in (verdict.beyond or {}).items() if verdict.complete or found.scenarios}
        if shown:
            self._terminal.write_line(f"\n  {self._text('beyond')}")
        for id, requirement in read_requirements().items() if shown else ():
            if id in shown:
                self._write_line(requirement, shown[id], said)

    def _in(self, words: Words | Item | Requirement) -> str:
        return str(getattr(words, self._language))

    def _text(self, name: str, **values: Any) -> str:
        return self._in(fill(TEXTS.terminal[name], **values))

    def _write_line(self, item: Item | Requirement, found: LineResult, said: set[str]) -> None:
        """Print a line of the checklist, or a requirement beyond it; a reason in `said` is not repeated."""
        mark, told = TEXTS.status[found.mark], self._in(found.found or translate(found.got))
        self._terminal.write(f"  {mark.terminal:<4}", **({mark.color: True} if mark.color else {}))
        self._write(quoted(f"{item.id}  {self._in(item)}" + (f": {told}" if told else "")), 14, at=6)
        if found.status != PASSED and found.reason not in said:
            said.add(found.reason)
            lines = visible(self._in(tell_details(found))).split("\n")
            for text in [line for line in lines if line.strip()][:_REASON_LINES]:
                self._write(f"            | {text}", 14)
        if waiver := found.waived:
            self._write(quoted(f"              {self._in(tell_waiver(waiver))}"), 16)

    def _write_diagnosis(self, diagnosis: RankedDiagnosis, verdict: Verdict) -> None:
        """Print a diagnosis: its cause, its lines of the checklist, its first evidence and its remedy."""
        self._write(f"  {diagnosis.rank}. {diagnosis.id}  {self._in(diagnosis.cause)}", 5, bold=True)
        shown = tell_evidence(diagnosis, verdict)[:_EVIDENCE_LINES]
        firsts = [visible(self._in(each)).split("\n")[0] for each in shown]
        sequels = verdict.find_sequels(diagnosis)
        own = ", ".join(id for id in diagnosis.items if id not in sequels)
        told = [("lines", own), *(("evidence", first or "–") for first in firsts)]
        for name, text in (*told, ("remedy", self._in(diagnosis.remedy))):
            if text:
                self._write(f"     {_padded(self._text(name), 10)}{text}", 15)
        if sequels:
            self._write("     " + self._text("follow", count=len(sequels), lines=", ".join(sequels)), 15)
        self._terminal.write_line("")

    def _close(self, verdict: Verdict) -> tuple[str, bool, str]:
        """The last line of a whole session: the verdict in a word, whether it is good, and the lines counted."""
        scope = verdict.lines_in_scope.values()
        count: Counter[str] = Counter(line.mark for line in scope)
        out = sum(line.applies for line in verdict.items.values()) - len(scope)
        apart = sum(not line.applies for line in verdict.items.values())
        beyond = (verdict.beyond or {}).values()
        kept = sum(requirement.status == PASSED for requirement in beyond)
        is_good, word = verdict.verdict == "GO", str(verdict.verdict)
        if count["waived"]:
            word = self._text("with_waived", verdict=word, waived=count["waived"])
        if verdict.is_trial and (place := tell_place(verdict)):
            word = self._text("go_on", verdict=word, place=place)
        passed = self._text("passed", passed=count[PASSED], scope=len(scope)) + self._in(tell_by_reading(verdict))
        rest = [
            self._count(count, passed),
            self._text("kept", kept=kept, count=len(beyond)) if beyond else "",
            self._text("apart", apart=apart) if apart else "",
            self._text("unclaimed", out=out, all=len(verdict.items)) if out else "",
            "" if verdict.complete else self._text("broken_off"),
            self._text("release") if verdict.is_trial else "",
        ]
        return word, is_good, self._text("and").join(filter(None, rest))

    def _close_part(self, scenarios: Collection[Scenario]) -> tuple[str, bool, str]:
        """The last line of a part of a session: what became of its scenarios, which give no verdict."""
        count: Counter[str] = Counter(scenario.status for scenario in scenarios)
        is_good = bool(scenarios) and count[PASSED] == len(scenarios)
        word = self._text("part_passed" if is_good else "part_not_passed" if scenarios else "nothing_ran")
        told = self._count(count, self._text("scenarios", passed=count[PASSED], all=len(scenarios)))
        return word, is_good, self._text("and").join([told, self._text("no_verdict")])

    def _count(self, count: Mapping[str, int], passed: str) -> str:
        bad = [self._in(fill(text, count=count[mark])) for mark, text in TEXTS.count.items() if count.get(mark)]
        return self._text("comma").join([*bad, passed])


def _padded(text: str, width: int) -> str:
    """Return `text` followed by spaces up to `width` columns of a terminal, where a wide character takes two."""
    return text + " " * max(1, width - _columns(text))


def _columns(text: str) -> int:
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)


def wrap(text: str, width: int, indent: int, at: int = 0) -> str:
    """Return one line, which begins in column `at`, wrapped at `width` columns, further lines indented by `indent`.

    It breaks at spaces and between wide characters, and leaves a longer word whole, so that it can be copied.
    """
    told, column = "", at
    for part in _BREAKABLE.findall(text):
        if column + _columns(part.rstrip()) > width and column > indent:
            told, column, part = f"{told.rstrip()}\n{' ' * indent}", indent, part.lstrip()
        told, column = told + part, column + _columns(part)
    return told


def _figures(verdict: Verdict) -> list[tuple[Words, Words]]:
    measured, names = verdict.measured, TEXTS.terminal
    figures = [(names["session"], duration(measured.session_seconds))]
    figures += [(fill(_INDENTED, name=names[name]), duration(each)) for name, each in measured.phases.items()]
    if measured.seconds is not None:
        rate = fill(names["rate_value"], rate=measured.records_per_second)
        figures += [
            (names["execution"], fill(names["execution_value"], seconds=measured.seconds, status=verdict.run.status)),
            (names["rate"], rate),
            (names["chunks"], fill(names["chunks_value"], chunks=measured.peak_chunks)),
        ]
    return figures
