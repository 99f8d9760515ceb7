"""Verdicts as sessions leave them, made without a session."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from steps.suite.deviation import Deviation
from steps.verdict import checklist
from steps.verdict.checklist import SCHEDULE
from steps.verdict.messages import judge
from steps.verdict.model import Verdict, Waiver
from steps.verdict.record import Record, Span
from steps.verdict.verdict import FAILED, PASSED, Scenario

LINES, REQUIREMENTS = checklist.read(), checklist.read_requirements()
ARN = "arn:aws:states:ap-northeast-1:123456789012:execution:csv-parallel-processing-csv-processing-dev:5f2a9c31_8c7e"
WANTED = "csv-parallel-processing-csv-processing-dev as its template declares it, and ready; no other beside it"
GOT = "csv-parallel-processing-csv-processor-dev: ready; none"
"""Texts as long as most findings of a session."""


def record(*others: Scenario, waivers: dict[str, Waiver] | None = None, passing: Iterable[str] = LINES) -> Record:
    """Return the record of a whole session in which `others` ran, and one scenario passed for each line beside them."""
    told = Record(LINES, Path("verdict.json"), REQUIREMENTS)
    their = {id for scenario in others for id in scenario.items}
    scenarios = [*(passed(id) for id in passing if id not in their), *others]
    told.scenarios = {scenario.id: scenario for scenario in scenarios}
    told.expected = {scenario.id: list(scenario.items) for scenario in scenarios}
    told.waivers = waivers or {}
    told.facts |= {
        "target": "aws-dev",
        "account": "123456789012",
        "region": "ap-northeast-1",
        "system_under_test": {"dir": "system_under_test", "sha256": "ab" * 32},
    }
    told.run |= {"execution_arn": ARN, "status": "SUCCEEDED", "bucket": "b", "key": "incoming/a.csv"}
    told.run |= {"version_id": "v1", "started_by": "event"}
    told.measured |= {"seconds": 3.889, "records_per_second": 25.7, "peak_chunks": 5}
    phases = [name for names in SCHEDULE.values() for name in names]
    told.spans = {name: Span(number, number + 1.5) for number, name in enumerate(phases)}
    return told


def passed(id: str) -> Scenario:
    id_of_scenario = f"features/{id}.feature::test_holds"
    findings = [judge("plain", True, {"wanted": WANTED, "got": GOT})]
    return Scenario(id_of_scenario, [id], PASSED, "", findings=findings, controls=[("another", True)])


def failed(id: str, reason: str = "wanted 100 users, got 99", *deviations: Deviation) -> Scenario:
    return Scenario(f"features/{id}.feature::test_holds", [id], FAILED, reason, deviations=list(deviations))


def waived(**changes: str) -> Waiver:
    return Waiver.model_validate({"reason": "known", "who": "Yamada", "expires": "2026-12-31", **changes})


def verdict(
    *others: Scenario, waivers: dict[str, Waiver] | None = None, passing: Iterable[str] = LINES, **changes: Any
) -> Verdict:
    """Return the verdict of such a session, with `changes` in its content."""
    return Verdict.model_validate(record(*others, waivers=waivers, passing=passing).judge().data() | changes)
