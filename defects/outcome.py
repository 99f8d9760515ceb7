"""Evaluates the verdict of a session with a defect. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from defects.catalogue_reader import Defect

NO = "failed"


@dataclass(frozen=True)
class Outcome:
    """The result of the acceptance of a pipeline with a defect.

    statuses: the status of each item of the checklist that did not pass. first: the id of the first diagnosis. ended:
    the reason in words if the session left no verdict or was given up.
    """

    defect: str
    seconds: float
    statuses: Mapping[str, str] = field(default_factory=dict)
    first: str | None = None
    ended: str = ""

    @property
    def red(self) -> list[str]:
        """The items that were NO, in the checklist's order."""
        return [id for id, status in self.statuses.items() if status == NO]

    def noticed(self, defect: Defect) -> list[str]:
        """The items that have to notice the defect and were NO."""
        return [id for id in self.red if id in defect.items]

    def diagnosed(self, defect: Defect) -> bool:
        """True if the first diagnosis is the expected one."""
        return self.first == defect.diagnosis


def outcome(name: str, seconds: float, verdict: Mapping[str, Any] | None, ended: str) -> Outcome:
    """Return the outcome of a session; `verdict`: the content of its verdict.json, `ended`: its abnormal end if any."""
    if not verdict:
        return Outcome(name, seconds, ended=": ".join(filter(None, ["it left no verdict", ended])))
    statuses = {id: item["status"] for id, item in verdict["items"].items() if item["status"] != "passed"}
    diagnoses = verdict["diagnoses"]
    return Outcome(name, seconds, statuses, diagnoses[0]["id"] if diagnoses else None, ended)


@dataclass(frozen=True)
class Tally:
    """The totals over all defects."""

    defects: int
    killed: int
    diagnosed: int
    survivors: list[str]
    misdiagnosed: list[str]
    never_red: list[str]
    never_first: list[str]

    def __str__(self) -> str:
        return f"{self.killed} of {self.defects} defects killed, {self.diagnosed} diagnosed at first place"


def tally(
    defects: Mapping[str, Defect],
    outcomes: Mapping[str, Outcome],
    lines: list[str],
    proven_elsewhere: Mapping[str, str],
) -> Tally:
    """Count the defects that have an outcome; `lines` are those of the checklist, `proven_elsewhere` are ignored."""
    done = {name: outcomes[name] for name in defects if name in outcomes}
    survivors = [name for name, each in done.items() if not each.noticed(defects[name])]
    misdiagnosed = [name for name, each in done.items() if not each.diagnosed(defects[name])]
    red = {id for each in done.values() for id in each.red}
    first = {each.red[0] for each in done.values() if each.red}
    asked = [id for id in lines if id not in proven_elsewhere]
    return Tally(
        defects=len(done),
        killed=len(done) - len(survivors),
        diagnosed=len(done) - len(misdiagnosed),
        survivors=survivors,
        misdiagnosed=misdiagnosed,
        never_red=[id for id in asked if id not in red],
        never_first=[id for id in asked if id not in first],
    )
