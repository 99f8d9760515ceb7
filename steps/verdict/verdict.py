"""The verdict: pure functions from the results of scenarios to the content of verdict.json (docs/verdict.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from steps.suite.deviation import Deviation
from steps.verdict.checklist import Item

PASSED, FAILED, BROKEN, NOT_CHECKED = "passed", "failed", "broken", "not-checked"
_WORST_FIRST = (FAILED, BROKEN, NOT_CHECKED, PASSED)
UNCLAIMED = "no scenario claims this line yet"
INTERRUPTED = "interrupted"
"""The reason of a scenario that has not ended."""
UNFINISHED = "its steps have not come to their end"
DOES_NOT_APPLY = "does not apply to this pipeline: "
LIMIT = "limit of the target: "
"""Prefix of a reason that names a declared limit of the target."""


@dataclass
class Scenario:
    """The result of one scenario. findings: (wanted, got); controls: (id, found); ended: on the monotonic clock.

    mode: live, or static if it only read the configuration. attempts: how often it ran in this session; flaky: True if
    it failed first and passed when it was run again. The result is `interrupted` until there is another.
    """

    id: str
    items: Sequence[str]
    status: str = NOT_CHECKED
    reason: str = INTERRUPTED
    findings: list[tuple[str, str]] = field(default_factory=list)
    controls: list[tuple[str, bool]] = field(default_factory=list)
    deviations: list[Deviation] = field(default_factory=list)
    ended: float = 0.0
    mode: str = "live"
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

    def note(self, status: str, reason: str) -> None:
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


def item_verdicts(checklist: Mapping[str, Item], scenarios: Iterable[Scenario], claimed: set[str]) -> dict[str, Any]:
    """Return an entry for every id of the checklist; `claimed`: ids that a scenario of this target answers."""
    of: dict[str, list[Scenario]] = {id: [] for id in checklist}
    for scenario in scenarios:
        for id in scenario.items:
            of[id].append(scenario)
    return {id: _item(of[id], id in claimed) for id in checklist}


def applying(items: Mapping[str, Any], not_applicable: Mapping[str, str]) -> dict[str, Any]:
    """Return the entries with `applies` added; lines that do not apply are not-checked, with the reason given."""
    return {
        id: {**item, "applies": True}
        if id not in not_applicable
        else {**item, "status": NOT_CHECKED, "reason": DOES_NOT_APPLY + not_applicable[id], "applies": False}
        for id, item in items.items()
    }


def _item(scenarios: list[Scenario], claimed: bool) -> dict[str, Any]:
    statuses = {scenario.status for scenario in scenarios} or {NOT_CHECKED}
    status = _worst(statuses)
    reasons = [scenario.reason for scenario in scenarios if scenario.status == status and scenario.reason]
    if not scenarios:
        reasons = ["its scenario did not run in this session" if claimed else UNCLAIMED]
    findings = [finding for scenario in scenarios for finding in scenario.findings]
    return {
        "status": status,
        "mode": "static" if scenarios and all(scenario.mode == "static" for scenario in scenarios) else "live",
        "waived": None,
        "reason": "\n".join(dict.fromkeys(reasons)),
        "wanted": "; ".join(wanted for wanted, _ in findings),
        "got": "; ".join(got for _, got in findings),
        "controls": [{"id": id, "found": found} for scenario in scenarios for id, found in scenario.controls],
        "scenarios": [{"id": each.id, "status": each.status, "flaky": each.flaky} for each in scenarios],
    }


def contradictions(judged: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each contradiction within a verdict; `judged` is the content of verdict.json."""
    items, complete = judged["items"], judged["complete"]
    said, due = (judged["verdict"], judged["exit"]), conclusion(items, set(judged["scope"]), complete=complete)
    if said != due:
        yield f"the verdict is {said[0]}, exit {said[1]}, and its lines come to {due[0]}, exit {due[1]}"
    for id, item in items.items():
        came_to = {scenario["status"] for scenario in item["scenarios"]} or {NOT_CHECKED}
        if item["status"] != _worst(came_to):
            yield f"{id} is {item['status']}, and its scenarios came to {', '.join(sorted(came_to))}"
        if item["waived"] and item["status"] != FAILED:
            yield f"{id} is waived, and {item['status']}"


def _worst(statuses: Collection[str]) -> str:
    return next(each for each in _WORST_FIRST if each in statuses)


def conclusion(items: Mapping[str, Any], claimed: set[str], *, complete: bool) -> tuple[str, int]:
    """Return (GO, NO-GO or UNKNOWN; exit code of the session) for the claimed items; waived items do not count."""
    scope = [items[id] for id in sorted(claimed) if not items[id]["waived"]]
    statuses = {item["status"] for item in scope}
    if not complete or not claimed:
        return "UNKNOWN", 6
    if FAILED in statuses:
        return "NO-GO", 1
    if statuses <= {PASSED}:
        return "GO", 0
    declared = all(item["reason"].startswith(LIMIT) for item in scope if item["status"] != PASSED)
    return "UNKNOWN", 7 if declared and BROKEN not in statuses else 6
