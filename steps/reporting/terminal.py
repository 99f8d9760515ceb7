"""The terminal summary of a session: a line per item of the checklist, the diagnoses, the figures, the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest

from steps.reporting.texts import TEXTS
from steps.suite.visible_text import MARGIN, quoted, visible
from steps.verdict.checklist import Item
from steps.verdict.model import LineResult, RankedDiagnosis, Verdict
from steps.verdict.verdict import BROKEN, FAILED, NOT_CHECKED, PASSED, Scenario

_PLACES = {"embedded": "the embedded AWS", "localstack": "LocalStack"}
_COUNTED = {FAILED: "NO", BROKEN: "broken", NOT_CHECKED: "not checked", "waived": "waived"}
_EVIDENCE_LINES = 3
_STOPPED_LINES = 8
_REASON_LINES = 4  # the full reason is shown with the failed scenario and in verdict.json


def summary(
    terminal: pytest.TerminalReporter,
    verdict: Verdict,
    checklist: dict[str, Item],
    file: Path,
    part: Collection[Scenario] | None,
    stopped: str | None,
) -> None:
    """Print the summary of the verdict, the path of the sheet last.

    part: the scenarios of a session that is a part. stopped: the error that stopped a session before its first check,
    printed in place of the lines.
    """
    terminal.ensure_newline()
    terminal.section(f"acceptance on {verdict.target}", sep="=")
    if stopped is None:
        _lines_and_figures(terminal, verdict, checklist)
    else:
        terminal.write_line("  " + "\n  ".join(visible(stopped).split("\n")[:_STOPPED_LINES]))
    word, is_good, rest = _closing(verdict) if part is None else _closing_of_part(part)
    terminal.write_line("")
    terminal.write(f"  {word}", bold=True, green=is_good, red=not is_good)
    terminal.write_line(f"  {rest}")
    terminal.write_line(f"  sheet: {file}")


def _lines_and_figures(terminal: pytest.TerminalReporter, verdict: Verdict, checklist: dict[str, Item]) -> None:
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


def _closing(verdict: Verdict) -> tuple[str, bool, str]:
    """The last line of a whole session: the verdict in a word, whether it is good, and the lines counted."""
    scope = verdict.lines_in_scope.values()
    by_reading = sum(line.mode == "static" for line in scope)
    count: Counter[str] = Counter(line.mark for line in scope)
    waived = count["waived"]
    word = verdict.verdict + (f", with {waived} waived" if waived else "")
    if verdict.verdict == "GO" and verdict.target != "aws-dev":
        word += f" on {_PLACES.get(verdict.target or '', 'an emulator')}"
    bad = [f"{count[mark]} {said}" for mark, said in _COUNTED.items() if count[mark]]
    out = [id for id, line in verdict.items.items() if line.applies and id not in verdict.scope]
    apart = sum(not line.applies for line in verdict.items.values())
    rest = [
        ", ".join([*bad, f"{count['passed']} of {len(scope)} lines passed"])
        + (f" ({len(scope) - by_reading} judged live, {by_reading} by reading)" if by_reading else ""),
        f"{apart} not applicable to this pipeline" if apart else "",
        f"{len(out)} of the checklist's {len(verdict.items)} are claimed by no scenario yet" if out else "",
        "" if verdict.complete else "the session was broken off",
        "a release needs pytest -m aws-dev" if verdict.verdict == "GO" and verdict.target != "aws-dev" else "",
    ]
    return word, verdict.verdict == "GO", "; ".join(filter(None, rest))


def _closing_of_part(scenarios: Collection[Scenario]) -> tuple[str, bool, str]:
    """The last line of a part of a session: what became of its scenarios, which give no verdict."""
    count: Counter[str] = Counter(scenario.status for scenario in scenarios)
    bad = [f"{count[status]} {said}" for status, said in _COUNTED.items() if count[status]]
    passed = f"{count[PASSED]} of {len(scenarios)} scenarios passed"
    word = "NOTHING RAN" if not scenarios else "PASSED" if not bad else "NOT PASSED"
    return word, word == "PASSED", ", ".join([*bad, passed]) + "; a part of the checklist gives no verdict"


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
    mark, told = TEXTS.status[found.mark], found.found.en if found.found else found.got
    terminal.write(f"  {mark.terminal:<4}", **({mark.color: True} if mark.color else {}))
    terminal.write(quoted(f"{item.id}  {item.en}" + (f": {told}" if told else "")) + "\n")
    if found.status != PASSED and found.reason not in said:
        said.add(found.reason)
        lines = visible(found.reason).split("\n")
        for text in lines[1 if found.found else 0 :][:_REASON_LINES]:
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
