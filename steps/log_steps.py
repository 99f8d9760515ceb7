"""Steps about the functions' logs."""

from __future__ import annotations

from collections import Counter

from pytest_bdd import parsers, then, when

from steps.drivers.history import reached
from steps.drivers.logs import LogLine, complaints, holding
from steps.drivers.workflow import Run
from steps.evidence import CHUNK_STEP, STEPS
from steps.finding import Finding


@when("every invocation of the execution has reported")
def all_reported(lines: list[LogLine]) -> None: ...


@then(parsers.parse('no line of the logs holds "{word}"'))
def no_line_holds(word: str, lines: list[LogLine], finding: Finding) -> None:
    _none_holds((word,), lines, finding)


@then(parsers.parse('none of "{words}" is in any line of the logs'))
def none_is_in_any_line(words: str, lines: list[LogLine], finding: Finding) -> None:
    _none_holds(tuple(words.split(", ")), lines, finding)


def _none_holds(words: tuple[str, ...], lines: list[LogLine], finding: Finding) -> None:
    found = holding(lines, *words)
    finding.holds(
        not found,
        wanted=f"0 lines with {' or '.join(words)}",
        got=f"{len(found)} of {len(lines)}",
        evidence="\n".join(map(str, found[:5])),
    )
    for word in words:
        planted = LogLine("planted", "planted", 0, f'{{"level":"{word}","message":"planted"}}')
        finding.control(f"a line with {word}", holding([*lines, planted], *words) == [planted])
    finding.control("the run's own START lines", bool(holding(lines, "START RequestId: ")))


@then(parsers.parse('"{message}" is logged once'))
def is_logged_once(message: str, lines: list[LogLine], finding: Finding) -> None:
    found = [line for line in lines if line.fields.get("message") == message]
    finding.holds(len(found) == 1, wanted=f"one line {message!r}", got=str(len(found)))


@then("the lines above INFO are grouped and counted, and there are none")
def grouped_and_counted(lines: list[LogLine], finding: Finding) -> None:
    found = complaints(lines)
    finding.holds(
        not found,
        wanted="0 groups of lines above INFO",
        got=str(len(found)),
        evidence="\n".join(f"{count} times {text[:200]}" for count, text in found[:10]),
    )
    planted = [LogLine("planted", "planted", at, '{"level":"WARNING","message":"planted"}') for at in (1, 2)]
    finding.control("two lines of one group", complaints([*lines, *planted]) == [(2, "WARNING: planted")])


@then(parsers.parse('"{message}" is logged once for each step and each chunk'))
def logged_once(message: str, run: Run, lines: list[LogLine], finding: Finding) -> None:
    got = Counter(str(line.fields.get("event_type")) for line in lines if line.fields.get("message") == message)
    wanted = Counter(dict.fromkeys(STEPS, 1) | {CHUNK_STEP: reached(run.history).chunks})
    finding.holds(got == wanted, wanted=_counts(wanted), got=_counts(got) or "none")


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counted.items(), key=str))
