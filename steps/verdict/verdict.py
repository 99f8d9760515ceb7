"""The verdict: pure functions from the results of scenarios to lines, exit code and conclusion (docs/verdict.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from steps.suite.deviation import Deviation
from steps.verdict.checklist import Item
from steps.verdict.messages import Judgement, choose
from steps.verdict.model import Conclusion, Control, LineResult, Mode, ScenarioResult, Status, Verdict
from steps.verdict.words import Words, fill, join

PASSED: Final = "passed"
FAILED: Final = "failed"
BROKEN: Final = "broken"
NOT_CHECKED: Final = "not-checked"
_WORST_FIRST: tuple[Status, ...] = (FAILED, BROKEN, NOT_CHECKED, PASSED)
UNCLAIMED = "no scenario claims this line yet"
INTERRUPTED = "interrupted"
"""The reason of a scenario that has not ended."""
UNFINISHED = "its steps have not come to their end"
DOES_NOT_APPLY = "does not apply to this pipeline: "
_KEPT = Words("{count}件のシナリオがすべて合格", "{count:scenario|scenarios} passed")
LIMIT = "limit of the target: "
"""Prefix of a reason that names a declared limit of the target."""


@dataclass
class Scenario:
    """The result of one scenario. findings: of its steps; controls: (id, found); ended: on the monotonic clock.

    mode: live, or static if it only read the configuration. attempts: how often it ran in this session; flaky: True if
    it failed first and passed when it was run again. The result is `interrupted` until there is another.
    """

    id: str
    items: Sequence[str]
    status: Status = NOT_CHECKED
    reason: str = INTERRUPTED
    findings: list[Judgement] = field(default_factory=list)
    controls: list[tuple[str, bool]] = field(default_factory=list)
    deviations: list[Deviation] = field(default_factory=list)
    ended: float = 0.0
    mode: Mode = "live"
    attempts: int = 0
    flaky: bool = False
    is_running: bool = False
    is_well: bool = False
    """True if all steps of the last attempt have run, and nothing failed in set-up, steps or tear-down so far."""

    def begin(self) -> None:
        """Begin an attempt, which does not count until it ends; the failure of an earlier attempt stands."""
        self.attempts += 1
        self.is_running, self.is_well = True, False
        if self.status == PASSED:
            self.status, self.reason = NOT_CHECKED, INTERRUPTED

    def note(self, status: Status, reason: str) -> None:
        """Keep the worst result of set-up, steps and tear-down; of equally bad results, the first."""
        self.is_well = False
        if self._is_undecided or _WORST_FIRST.index(status) < _WORST_FIRST.index(self.status):
            self.status, self.reason = status, reason

    def end(self) -> None:
        """End the attempt, after its tear-down."""
        self.is_running = False
        if self._is_undecided:
            self.status, self.reason = (PASSED, "") if self.is_well else (NOT_CHECKED, UNFINISHED)
        elif self.is_well and self.status in (FAILED, BROKEN) and not self.flaky:
            self.flaky = True
            self.reason = f"flaky: it passed when it was run again, attempt {self.attempts}; before, {self.reason}"

    @property
    def _is_undecided(self) -> bool:
        return (self.status, self.reason) == (NOT_CHECKED, INTERRUPTED)


def judge_lines(
    checklist: Mapping[str, Item],
    scenarios: Iterable[Scenario],
    claimed: Collection[str],
    not_applicable: Mapping[str, str] | None = None,
) -> dict[str, LineResult]:
    """Return a result for every line of the checklist, without waivers.

    claimed: ids that a scenario of this target answers. not_applicable: the reasons of the lines that do not apply.
    """
    reasons = not_applicable or {}
    found = _group(scenarios, checklist)
    return {id: _line_result(id, found[id], id in claimed, reasons.get(id)) for id in checklist}


def judge_requirements(claimed: Iterable[str], scenarios: Iterable[Scenario]) -> dict[str, LineResult]:
    """Return a result for each of these requirements beyond the checklist, without waivers.

    The sentence of a requirement that holds counts its scenarios, which may be dozens; of another it is that of the
    checks that failed.
    """
    lines = {id: _line_result(id, found, True, None) for id, found in _group(scenarios, claimed).items()}
    return {
        id: line.model_copy(
            update={"wanted": "", "got": "", "criterion": None, "found": fill(_KEPT, count=len(line.scenarios))}
        )
        if line.status == PASSED
        else line
        for id, line in lines.items()
    }


def _group(scenarios: Iterable[Scenario], ids: Iterable[str]) -> dict[str, list[Scenario]]:
    """Return the scenarios that claim each of these ids."""
    found: dict[str, list[Scenario]] = {id: [] for id in ids}
    for scenario in scenarios:
        for id in found.keys() & {*scenario.items}:
            found[id].append(scenario)
    return found


def _line_result(id: str, scenarios: list[Scenario], is_claimed: bool, not_applicable: str | None) -> LineResult:
    status = _worst({scenario.status for scenario in scenarios} or {NOT_CHECKED})
    reasons = [scenario.reason for scenario in scenarios if scenario.status == status and scenario.reason]
    if not scenarios:
        reasons = ["its scenario did not run in this session" if is_claimed else UNCLAIMED]
    if not_applicable is not None:
        status, reasons = NOT_CHECKED, [DOES_NOT_APPLY + not_applicable]
    findings = [finding for scenario in scenarios for finding in scenario.findings]
    due = [finding for finding in findings if finding.holds == (status == PASSED)]
    told = choose(id, due) if status in (PASSED, FAILED) else []
    return LineResult(
        status=status,
        mode="static" if scenarios and all(scenario.mode == "static" for scenario in scenarios) else "live",
        waived=None,
        reason="\n".join(dict.fromkeys(reasons)),
        wanted="; ".join(finding.wanted.en for finding in findings),
        got="; ".join(finding.got.en for finding in findings),
        criterion=join(finding.wanted for finding in told),
        found=join(finding.sentence for finding in told),
        controls=[Control(id=id, found=found) for scenario in scenarios for id, found in scenario.controls],
        scenarios=[ScenarioResult(id=each.id, status=each.status, flaky=each.flaky) for each in scenarios],
        applies=not_applicable is None,
    )


def find_contradictions(verdict: Verdict) -> Iterator[str]:
    """Yield a sentence for each contradiction within a verdict."""
    said, due = (verdict.verdict, verdict.exit), conclude(verdict.judged, verdict.judged, complete=verdict.complete)
    if said != due:
        yield f"the verdict is {said[0]}, exit {said[1]}, and its lines come to {due[0]}, exit {due[1]}"
    for id, item in (verdict.items | (verdict.beyond or {})).items():
        came_to: set[Status] = {scenario.status for scenario in item.scenarios} or {NOT_CHECKED}
        if item.status != _worst(came_to):
            yield f"{id} is {item.status}, and its scenarios came to {', '.join(sorted(came_to))}"
        if item.waived and item.status != FAILED:
            yield f"{id} is waived, and {item.status}"


def _worst(statuses: Collection[Status]) -> Status:
    return next(each for each in _WORST_FIRST if each in statuses)


def conclude(
    items: Mapping[str, LineResult], claimed: Collection[str], *, complete: bool
) -> tuple[Conclusion, Literal[0, 1, 6, 7]]:
    """Return (GO, NO-GO or UNKNOWN; exit code of the session) for the claimed lines; waived lines do not count."""
    scope = [items[id] for id in claimed if not items[id].waived]
    statuses = {item.status for item in scope}
    if not complete or not claimed:
        return "UNKNOWN", 6
    if FAILED in statuses:
        return "NO-GO", 1
    if statuses <= {PASSED}:
        return "GO", 0
    declared = all(item.reason.startswith(LIMIT) for item in scope if item.status != PASSED)
    return "UNKNOWN", 7 if declared and BROKEN not in statuses else 6
