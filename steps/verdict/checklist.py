"""Reads the lines of the checklist, and the requirements beyond it, from their files under features/."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.dataclasses import dataclass

from steps.diagnoses.ids import Diagnosis
from steps.paths import FEATURES
from steps.verdict.toml_tables import MalformedFile, read_tables
from steps.verdict.words import Filled, Words

FILE = FEATURES / "checklist.toml"
REQUIREMENTS = FEATURES / "robustness" / "requirements.toml"
PHASES = ("precondition", "run", "success", "performance", "risk", "monitoring", "post", "schedule")
CHECK, FAULTS = "check", "faults"
"""Phases of a session: the checks of the run; in a release, the robustness scenarios after them."""
SCHEDULE = {
    "PHS-01": ("start", "deploy", "preconditions"),
    "PHS-02": ("prepare",),
    "PHS-03": ("run",),
    "PHS-04": (CHECK,),
}
"""The phases of a session, in order, by the line of the team's schedule that they make up."""


def _find_diagnosis(id: Any) -> Diagnosis:
    if id not in list(Diagnosis):
        raise ValueError(f"diagnosis {id!r} is not in steps/diagnoses/catalogue.toml")
    return Diagnosis(id)


Known = Annotated[Diagnosis, BeforeValidator(_find_diagnosis)]
"""A diagnosis of the catalogue, given by its id."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Item:
    """One line: its stable id, its phase, its text in both languages, and explanations for when it is NO.

    cause: the usual reason for NO. risk: the consequence in production if nobody notices. remedy: how to fix it.
    diagnosis: the usual diagnosis of a NO whose check gives none.
    by_hand_minutes: minimum and maximum minutes that a phase of the schedule takes by hand; None for other lines.
    """

    id: Filled
    phase: Filled
    ja: Filled
    en: Filled
    cause: Words
    risk: Words
    remedy: Words
    diagnosis: Known = Diagnosis.NOT_DIAGNOSED
    by_hand_minutes: Annotated[tuple[int, int] | None, Field(validate_default=True)] = None

    @field_validator("phase")
    @classmethod
    def _is_a_phase(cls, phase: str) -> str:
        if phase not in PHASES:
            raise ValueError(f"phase {phase!r} is none of {', '.join(PHASES)}")
        return phase

    @field_validator("by_hand_minutes", mode="before")
    @classmethod
    def _is_a_range_of_the_schedule(cls, minutes: Any, info: ValidationInfo) -> Any:
        if (info.data.get("phase") == "schedule") != (minutes is not None):
            raise ValueError("by_hand_minutes belongs to every item of the schedule, and to no other")
        match minutes:
            case None:
                return None
            case [int(least), int(most)] if 0 < least <= most and bool not in map(type, minutes):
                return least, most
        raise ValueError(f"by_hand_minutes is {minutes!r}, not two whole numbers [least, most] above 0")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Requirement:
    """A requirement beyond the checklist, which robustness scenarios answer; its fields are those of an Item."""

    id: Filled
    ja: Filled
    en: Filled
    risk: Words
    remedy: Words
    diagnosis: Known = Diagnosis.NOT_DIAGNOSED


class MalformedChecklist(MalformedFile):
    """The checklist is malformed; the message lists every mistake."""

    cause = "The checklist {file} is malformed, so that nothing can be judged by it."
    remedy = "put each of these right, as the head of the file says"


def read_requirements(file: Path = REQUIREMENTS) -> dict[str, Requirement]:
    """Return every requirement by its id, in the order of the file; raises MalformedChecklist."""
    found = read_tables(file, Requirement, "requirement", "id", MalformedChecklist)
    return {requirement.id: requirement for requirement in found}


def read(file: Path = FILE) -> dict[str, Item]:
    """Return every item by its id, in the order of the checklist; raises MalformedChecklist."""
    items = read_tables(file, Item, "item", "id", MalformedChecklist)
    if not items:
        raise MalformedChecklist(file, ["there is no [[item]]"])
    return {item.id: item for item in items}
