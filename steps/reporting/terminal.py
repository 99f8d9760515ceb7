"""The terminal summary of a session: a line per item of the checklist, the diagnoses, the figures, the verdict."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from steps.suite.visible_text import MARGIN, quoted, visible
from steps.verdict import verdict
from steps.verdict.checklist import Item

_MARKS = {
    verdict.PASSED: ("ok  ", {"green": True}),
    verdict.FAILED: ("NO  ", {"red": True}),
    verdict.BROKEN: ("??  ", {"yellow": True}),
    verdict.NOT_CHECKED: ("-   ", {}),
}
_EVIDENCE_LINES = 3
_REASON_LINES = 4  # the full reason is shown with the failed scenario and in verdict.json


def summary(terminal: pytest.TerminalReporter, judged: dict[str, Any], checklist: dict[str, Item], file: Path) -> None:
    """Print the summary."""
    scope = judged["scope"]
    terminal.ensure_newline()
    terminal.section(f"acceptance on {judged['target']}", sep="=")
    apart = [id for id, item in judged["items"].items() if not item["applies"]]
    shown = [id for id in scope if judged["complete"] or judged["items"][id]["scenarios"]]
    said: set[str] = set()
    for id in [id for id in checklist if id in (*shown, *apart)]:
        _line(terminal, checklist[id], judged["items"][id], said)
    terminal.write_line("")
    for diagnosis in judged["diagnoses"]:
        _diagnosis(terminal, diagnosis)
    for name, value in _figures(judged):
        terminal.write_line(quoted(f"  {name:<22}{value}"))
    for note in judged["notes"]:
        terminal.write_line(quoted(f"  note: {note}"))
    good = judged["verdict"] == "GO"
    passed = sum(judged["items"][id]["status"] == verdict.PASSED for id in scope)
    waived = sum(judged["items"][id]["waived"] is not None for id in scope)
    terminal.write_line("")
    terminal.write(
        f"  {judged['verdict']}" + (f", with {waived} waived" if waived else ""), bold=True, green=good, red=not good
    )
    lines = "lines in scope passed"
    if apart:
        lines = f"lines that apply passed, {len(apart)} {'does' if len(apart) == 1 else 'do'} not apply"
    terminal.write_line(f"  {passed} of {len(scope)} {lines}; {_rest(judged, checklist)}{file}")


def failure(steps: dict[str, Any] | None, scenario: verdict.Scenario) -> str:
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


def _line(terminal: pytest.TerminalReporter, item: Item, found: dict[str, Any], said: set[str]) -> None:
    """Print a line of the checklist; a reason in `said` is not repeated."""
    mark, markup = _MARKS[found["status"]]
    terminal.write(f"  {mark}", **({"yellow": True} if found["waived"] else markup))
    terminal.write(quoted(f"{item.id}  {item.en}" + (f": {found['got']}" if found["got"] else "")) + "\n")
    if found["status"] != verdict.PASSED and found["reason"] not in said:
        said.add(found["reason"])
        for text in visible(found["reason"]).split("\n")[:_REASON_LINES]:
            terminal.write_line(f"            | {text}")
    if waiver := found["waived"]:
        waived = f"waived by {waiver['who']} until {waiver['expires']}: {waiver['reason']}"
        terminal.write_line(quoted(f"              {waived}"))


def _diagnosis(terminal: pytest.TerminalReporter, diagnosis: dict[str, Any]) -> None:
    """Print a diagnosis: its cause, its lines of the checklist, its first evidence and its remedy."""
    terminal.write_line(f"  {diagnosis['rank']}. {diagnosis['id']}  {diagnosis['cause']['en']}", bold=True)
    lines = ", ".join(diagnosis["items"])
    terminal.write_line(f"     lines:    {lines}")
    for text in diagnosis["evidence"][:_EVIDENCE_LINES]:
        first, *_ = visible(text).split("\n")
        terminal.write_line(f"     evidence: {first or 'none'}")
    terminal.write_line(f"     remedy:   {diagnosis['remedy']['en']}")
    terminal.write_line("")


def _rest(judged: dict[str, Any], checklist: dict[str, Item]) -> str:
    if not judged["complete"]:
        return "a part of the session only, so no verdict; "
    out = sum(item["applies"] for item in judged["items"].values()) - len(judged["scope"])
    return f"{out} of the checklist's {len(checklist)} are claimed by no scenario yet; " if out else ""


def _figures(judged: dict[str, Any]) -> list[tuple[str, str]]:
    measured = judged["measured"]
    figures = [("session", f"{measured['session_seconds']:.1f} s")]
    figures += [(f"  {name}", f"{seconds:.1f} s") for name, seconds in measured["phases"].items()]
    if "seconds" in measured:
        figures += [
            ("execution", f"{measured['seconds']:.2f} s, {judged['run']['status']}"),
            ("records a second", f"{measured['records_per_second']:.1f}"),
            ("chunks at once", f"at most {measured['peak_chunks']}"),
        ]
    return figures
