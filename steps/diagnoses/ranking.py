"""The diagnoses of a session, best first, as verdict.json has them."""

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
"""What a failed line usually points to, where its check does not say more."""
_EVIDENCE = 20  # sentences; a file of lost records has more to say, and verdict.json's discrepancies say it


def diagnoses(
    scenarios: Iterable[Scenario],
    of_the_run: Iterable[Deviation],
    catalogue: Mapping[str, Diagnosis],
    began: float = 0.0,
) -> list[dict[str, Any]]:
    """Each diagnosis that the failed and broken scenarios point to, with their lines; root causes first.

    What a check has found, or the run told, goes before what a failed line usually points to; a check that breaks
    after a run that has told why it failed may lack no more than what that run never came to.
    `of_the_run` are deviations of the execution as a whole: they may explain every line that failed after it `began`,
    on the monotonic clock.
    """
    bad = [scenario for scenario in scenarios if scenario.status in (FAILED, BROKEN)]
    if not bad:
        return []
    items: dict[str, dict[str, None]] = {}  # used as sets that keep their order
    known: set[str] = set()
    evidence: dict[str, dict[str, None]] = {}

    def found(diagnosis: str, text: str, lines: Iterable[str]) -> None:
        items.setdefault(diagnosis, {}).update(dict.fromkeys(lines))
        evidence.setdefault(diagnosis, {})[text] = None

    after = [scenario for scenario in bad if scenario.ended >= began]
    told = [*of_the_run] if after else []
    if not told or any(scenario.status == BROKEN for scenario in bad if scenario not in after):
        known.add("environment-broken")  # nothing can be said about what follows from it
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
