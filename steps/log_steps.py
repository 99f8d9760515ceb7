"""Steps about the functions' logs."""

from __future__ import annotations

from collections import Counter

from pytest_bdd import parsers, then, when

from steps.drivers.history import reached
from steps.drivers.logs import LogLine, holding
from steps.drivers.workflow import Run
from steps.finding import Finding

STEPS = ("csv-validation", "csv-split", "csv-merge", "batch-status-update")
CHUNK_STEP = "csv-chunk-processing"


@when("every invocation of the execution has reported")
def all_reported(lines: list[LogLine]) -> None: ...


@then(parsers.parse('no line of the logs holds "{word}"'))
def no_line_holds(word: str, lines: list[LogLine], finding: Finding) -> None:
    found = holding(lines, word)
    finding.holds(
        not found,
        wanted=f"0 lines with {word}",
        got=f"{len(found)} of {len(lines)}",
        evidence="\n".join(map(str, found[:5])),
    )
    planted = LogLine("planted", "planted", 0, f'{{"level":"{word}","message":"planted"}}')
    finding.control(f"a line with {word}", holding([*lines, planted], word) == [planted])
    finding.control("the run's own START lines", bool(holding(lines, "START RequestId: ")))


@then(parsers.parse('"{message}" is logged once for each step and each chunk'))
def logged_once(message: str, run: Run, lines: list[LogLine], finding: Finding) -> None:
    got = Counter(str(line.fields.get("event_type")) for line in lines if line.fields.get("message") == message)
    wanted = Counter(dict.fromkeys(STEPS, 1) | {CHUNK_STEP: reached(run.history).chunks})
    finding.holds(got == wanted, wanted=_counts(wanted), got=_counts(got) or "none")


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counted.items(), key=str))
