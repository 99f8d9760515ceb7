"""Ranks the diagnoses of a session, best first, for verdict.json."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from steps.diagnoses.catalogue import Explanation
from steps.diagnoses.ids import Diagnosis
from steps.suite.deviation import Deviation
from steps.verdict import checklist
from steps.verdict.commands import fill_in, list_values
from steps.verdict.model import RankedDiagnosis
from steps.verdict.verdict import BROKEN, FAILED, Scenario

_EVIDENCE = 20  # sentences; if more records are lost, the discrepancies of verdict.json list them all


@cache
def usual_diagnoses() -> dict[str, str]:
    """Return the usual diagnosis of each line and requirement, for a NO whose check gives none."""
    lines: dict[str, str] = {id: line.diagnosis for id, line in checklist.read().items()}
    return lines | {id: requirement.diagnosis for id, requirement in checklist.read_requirements().items()}


def diagnoses(
    scenarios: Iterable[Scenario],
    of_the_run: Iterable[Deviation],
    catalogue: Mapping[Diagnosis, Explanation],
    began: float = 0.0,
    facts: Mapping[str, Any] | None = None,
) -> list[RankedDiagnosis]:
    """Return each diagnosis of the failed and broken scenarios, with their lines; root causes first.

    Diagnoses found by a check or from the run precede the usual diagnoses of failed lines. If the run has a diagnosis,
    a check that breaks after it may only lack results of that run, so `environment-broken` then counts as usual.
    facts: the execution, upload and account of the session, for the commands of causes and remedies.
    `of_the_run` are deviations of the execution as a whole: they may explain every line that failed after it `began`,
    on the monotonic clock. Where that execution did not succeed, any lower diagnosis that only scenarios after it found
    follows from its own: those scenarios judged what a failed execution left. So does `error-nameless`, at any place
    and time: an execution that had to fail met the same error before its own. `state-failed`, an error that no other
    diagnosis explains, comes last of those that checks found, unless it is the run's.
    """
    bad = [scenario for scenario in scenarios if scenario.status in (FAILED, BROKEN)]
    if not bad:
        return []
    items: dict[str, dict[str, None]] = {}  # used as ordered sets
    known: set[str] = set()
    evidence: dict[str, dict[str, None]] = {}
    run, early = facts or {}, set[str]()

    def found(diagnosis: str, text: str, lines: Iterable[str]) -> None:
        items.setdefault(diagnosis, {}).update(dict.fromkeys(lines))
        evidence.setdefault(diagnosis, {})[text] = None

    after = [scenario for scenario in bad if scenario.ended >= began]
    told = [*of_the_run] if after else []
    if not told or any(scenario.status == BROKEN for scenario in bad if scenario not in after):
        known.add(Diagnosis.ENVIRONMENT_BROKEN)  # a found cause: diagnoses that follow from it are uncertain
    for deviation in told:
        known.add(deviation.diagnosis)
        found(*deviation, [line for scenario in after for line in scenario.items])
    for scenario in bad:
        for deviation in scenario.deviations:
            known.add(deviation.diagnosis)
            found(*deviation, scenario.items)
            early |= {deviation.diagnosis} if scenario not in after else set()
        if not scenario.deviations:
            for line in scenario.items:
                usual = usual_diagnoses().get(line, Diagnosis.NOT_DIAGNOSED)
                usual = Diagnosis.ENVIRONMENT_BROKEN if scenario.status == BROKEN else usual
                found(usual, scenario.reason, [line])
                early |= {usual} if scenario not in after else set()
    order, of_run = list(Diagnosis), {deviation.diagnosis for deviation in told}
    nameless = ({Diagnosis.STATE_FAILED} & known) - of_run  # of a later execution: any known cause explains it
    ranked = sorted(items, key=lambda id: (id not in known, id in nameless, order.index(Diagnosis(id))))
    root = next((id for id in ranked if id in of_run and run.get("status") not in (None, "SUCCEEDED")), None)
    lower = ranked[ranked.index(root) + 1 :] if root else []
    follows = {id: root for id in lower if id not in of_run | early}
    if root and Diagnosis.ERROR_NAMELESS in ranked:
        follows[Diagnosis.ERROR_NAMELESS] = root
    ranked.sort(key=follows.__contains__)
    values = {id: list_values(run, run.get("account"), evidence[id]) for id in ranked}
    return [
        RankedDiagnosis(
            id=id,
            rank=rank,
            items=list(items[id]),
            cause=fill_in(catalogue[Diagnosis(id)].cause, values[id]),
            evidence=list(evidence[id])[:_EVIDENCE],
            remedy=fill_in(catalogue[Diagnosis(id)].remedy, values[id]),
            **({"follows": follows[id]} if id in follows else {}),
        )
        for rank, id in enumerate(ranked, 1)
    ]
