"""Ranks the diagnoses of a session, best first, for verdict.json."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from steps.diagnoses.catalogue import Diagnosis
from steps.suite.deviation import Deviation
from steps.verdict.verdict import BROKEN, FAILED, Scenario

_USUAL = {
    "DAT-01": "secret-refused",
    **dict.fromkeys(("DAT-02", "DAT-03"), "users-missing"),
    **dict.fromkeys(("DAT-04", "DAT-05"), "users-wrong"),
    **dict.fromkeys(("DAT-06", "DAT-07"), "statistics-left"),
    **dict.fromkeys(("DAT-08", "PRF-03", "PST-02", "AUR-03"), "records-altered"),
    **dict.fromkeys(("FIL-01", "FIL-02", "FIL-03", "RUN-01"), "file-wrong"),
    **dict.fromkeys(("KNO-04", "CTM-03"), "manual-start-broken"),
    "GAT-01": "gate-broken",
    "RUN-02": "event-not-delivered",
    **dict.fromkeys(("SFN-01", "SFN-03"), "state-failed"),
    **dict.fromkeys(("SFN-02", "PRF-01", "PHS-01", "PHS-02", "PHS-03", "PHS-04"), "too-slow"),
    "AUR-01": "updated-at-wrong",
    "AUR-02": "records-lost",
    "DDB-01": "audit-incomplete",
    "DDB-02": "metadata-wrong",
    "DDB-03": "job-wrong",
    **dict.fromkeys(("LOG-01", "LOG-02", "LOG-03", "LOG-04", "LOG-05", "PST-03"), "error-logged"),
    **dict.fromkeys(("LOG-06", "LOG-07"), "success-line-missing"),
    "PRF-02": "too-many-parallel",
    "MON-02": "logs-missing",
    "MON-03": "sessions-left",
}
"""The usual diagnosis of a failed line, if its check gives none."""
_EVIDENCE = 20  # sentences; if more records are lost, the discrepancies of verdict.json list them all


def diagnoses(
    scenarios: Iterable[Scenario],
    of_the_run: Iterable[Deviation],
    catalogue: Mapping[str, Diagnosis],
    began: float = 0.0,
) -> list[dict[str, Any]]:
    """Return each diagnosis of the failed and broken scenarios, with their lines; root causes first.

    Diagnoses found by a check or from the run precede the usual diagnoses of failed lines. If the run has a diagnosis,
    a check that breaks after it may only lack results of that run, so `environment-broken` then counts as usual.
    `of_the_run` are deviations of the execution as a whole: they may explain every line that failed after it `began`,
    on the monotonic clock.
    """
    bad = [scenario for scenario in scenarios if scenario.status in (FAILED, BROKEN)]
    if not bad:
        return []
    items: dict[str, dict[str, None]] = {}  # used as ordered sets
    known: set[str] = set()
    evidence: dict[str, dict[str, None]] = {}

    def found(diagnosis: str, text: str, lines: Iterable[str]) -> None:
        items.setdefault(diagnosis, {}).update(dict.fromkeys(lines))
        evidence.setdefault(diagnosis, {})[text] = None

    after = [scenario for scenario in bad if scenario.ended >= began]
    told = [*of_the_run] if after else []
    if not told or any(scenario.status == BROKEN for scenario in bad if scenario not in after):
        known.add("environment-broken")  # a found cause: diagnoses that follow from it are uncertain
    for deviation in told:
        known.add(deviation.diagnosis)
        found(*deviation, [line for scenario in after for line in scenario.items])
    for scenario in bad:
        for deviation in scenario.deviations:
            known.add(deviation.diagnosis)
            found(*deviation, scenario.items)
        if not scenario.deviations:
            for line in scenario.items:
                usual = "environment-broken" if scenario.status == BROKEN else _USUAL.get(line, "not-diagnosed")
                found(usual, scenario.reason, [line])
    order = list(catalogue)
    ranked = sorted(items, key=lambda id: (id not in known, order.index(id)))
    return [
        {
            "id": id,
            "rank": rank,
            "items": list(items[id]),
            "cause": asdict(catalogue[id].cause),
            "evidence": list(evidence[id])[:_EVIDENCE],
            "remedy": asdict(catalogue[id].remedy),
        }
        for rank, id in enumerate(ranked, 1)
    ]
