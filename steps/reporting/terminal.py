"""The terminal summary of a session: a line per item of the checklist, the diagnoses, the figures, the verdict."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from steps.reporting.texts import TEXTS
from steps.suite.visible_text import MARGIN, quoted, visible
from steps.verdict.checklist import Item
from steps.verdict.model import LineResult, RankedDiagnosis, Verdict
from steps.verdict.verdict import PASSED, Scenario

_EVIDENCE_LINES = 3
_REASON_LINES = 4  # the full reason is shown with the failed scenario and in verdict.json


def summary(terminal: pytest.TerminalReporter, verdict: Verdict, checklist: dict[str, Item], file: Path) -> None:
    """Print the summary of the verdict that is written in `file`."""
    terminal.ensure_newline()
    terminal.section(f"acceptance on {verdict.target}", sep="=")
    scope = verdict.lines_in_scope
    apart = [id for id, line in verdict.items.items() if not line.applies]
    shown = [id for id, line in scope.items() if verdict.complete or line.scenarios]
    said: set[str] = set()
    for id in [id for id in checklist if id in (*shown, *apart)]:
        _line(terminal, checklist[id], verdict.items[id], said)
    terminal.write_line("")
    for diagnosis in verdict.diagnoses:
        _diagnosis(terminal, diagnosis)
    for name, value in _figures(verdict):
        terminal.write_line(quoted(f"  {name:<22}{value}"))
    for note in verdict.notes:
        terminal.write_line(quoted(f"  note: {note}"))
    good = verdict.verdict == "GO"
    passed = sum(line.status == PASSED for line in scope.values())
    waived = sum(line.waived is not None for line in scope.values())
    terminal.write_line("")
    terminal.write(
        f"  {verdict.verdict}" + (f", with {waived} waived" if waived else ""), bold=True, green=good, red=not good
    )
    lines = "lines in scope passed"
    if apart:
        lines = f"lines that apply passed, {len(apart)} {'does' if len(apart) == 1 else 'do'} not apply"
    terminal.write_line(f"  {passed} of {len(scope)} {lines}; {_rest(verdict)}{file}")


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


def _line(terminal: pytest.TerminalReporter, item: Item, found: LineResult, said: set[str]) -> None:
    """Print a line of the checklist; a reason in `said` is not repeated."""
    mark = TEXTS.status[found.mark]
    terminal.write(f"  {mark.terminal:<4}", **({mark.color: True} if mark.color else {}))
    terminal.write(quoted(f"{item.id}  {item.en}" + (f": {found.got}" if found.got else "")) + "\n")
    if found.status != PASSED and found.reason not in said:
        said.add(found.reason)
        for text in visible(found.reason).split("\n")[:_REASON_LINES]:
            terminal.write_line(f"            | {text}")
    if waiver := found.waived:
        waived = f"waived by {waiver.who} until {waiver.expires}: {waiver.reason}"
        terminal.write_line(quoted(f"              {waived}"))


def _diagnosis(terminal: pytest.TerminalReporter, diagnosis: RankedDiagnosis) -> None:
    """Print a diagnosis: its cause, its lines of the checklist, its first evidence and its remedy."""
    terminal.write_line(f"  {diagnosis.rank}. {diagnosis.id}  {diagnosis.cause.en}", bold=True)
    terminal.write_line(f"     lines:    {', '.join(diagnosis.items)}")
    for text in diagnosis.evidence[:_EVIDENCE_LINES]:
        first, *_ = visible(text).split("\n")
        terminal.write_line(f"     evidence: {first or 'none'}")
    terminal.write_line(f"     remedy:   {diagnosis.remedy.en}")
    terminal.write_line("")


def _rest(verdict: Verdict) -> str:
    if not verdict.complete:
        return "a part of the session only, so no verdict; "
    out = sum(line.applies for line in verdict.items.values()) - len(verdict.scope)
    return f"{out} of the checklist's {len(verdict.items)} are claimed by no scenario yet; " if out else ""


def _figures(verdict: Verdict) -> list[tuple[str, str]]:
    measured = verdict.measured
    figures = [("session", f"{measured.session_seconds:.1f} s")]
    figures += [(f"  {name}", f"{seconds:.1f} s") for name, seconds in measured.phases.items()]
    if measured.seconds is not None:
        figures += [
            ("execution", f"{measured.seconds:.2f} s, {verdict.run.status}"),
            ("records a second", f"{measured.records_per_second:.1f}"),
            ("chunks at once", f"at most {measured.peak_chunks}"),
        ]
    return figures
