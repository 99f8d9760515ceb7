"""Reads the catalogue of defects, one TOML file each, and validates it as a whole before anything runs."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from steps.paths import ROOT

FOLDER = ROOT / "defects"
Sentence = Annotated[str, Field(min_length=20)]


class MalformedCatalogue(Exception):
    """The catalogue cannot be used; the message names every fault of every file."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Edit(_Table):
    """Replaces a text in the pipeline's sources, where it has to occur exactly once."""

    file: str
    old: str = Field(min_length=1)
    new: str


class Defect(_Table):
    """A defect of the catalogue. what: the fault; how: the way it arises in practice.

    edits: changes to the pipeline's sources. after_deploy, after_run: a function of defects.sabotage with its
    arguments, run at that time. items: lines of which at least one has to be NO. diagnosis: the expected first one.
    needs: `root` where only Linux as root enforces what the defect violates.
    """

    what: Sentence
    how: Sentence
    items: tuple[str, ...] = Field(min_length=1)
    diagnosis: str
    edits: tuple[Edit, ...] = ()
    after_deploy: tuple[str, ...] = ()
    after_run: tuple[str, ...] = ()
    needs: Literal["root"] | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not (self.edits or self.after_deploy or self.after_run):
            raise ValueError("changes nothing: no edits, after_deploy or after_run")
        return self


def read(lines: Collection[str], diagnoses: Collection[str], folder: Path = FOLDER) -> dict[str, Defect]:
    """Return all defects by name, `area/file`; raises MalformedCatalogue.

    `lines`: the ids of the checklist. `diagnoses`: the ids of the catalogue of diagnoses.
    """
    faults, defects = [], {}
    for file in sorted(folder.glob("*/*.toml")):
        name = file.relative_to(folder).with_suffix("").as_posix()
        try:
            defects[name] = defect = Defect.model_validate(tomllib.loads(file.read_text("utf-8")))
        except ValidationError as invalid:
            faults += [f"{name}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in invalid.errors(include_url=False)]
        except ValueError as malformed:
            faults.append(f"{name}: {malformed}")
        else:
            faults += [f"{name}: {id} is no line of the checklist" for id in defect.items if id not in lines]
            if defect.diagnosis not in diagnoses:
                faults.append(f"{name}: {defect.diagnosis} is no diagnosis")
    if faults:
        evidence = "".join(f"\n  evidence: {fault}" for fault in faults)
        raise MalformedCatalogue(f"The catalogue of defects cannot be used.{evidence}\n  remedy: mend these files")
    return defects


def possible(defects: Mapping[str, Defect], *, as_root: bool) -> dict[str, Defect]:
    """Return the defects that can be noticed on a machine where the suite runs as root on Linux, or does not."""
    return {name: each for name, each in defects.items() if as_root or each.needs != "root"}


def areas(defects: Mapping[str, Defect]) -> dict[str, list[str]]:
    """The names of the defects of each area, in order."""
    found: dict[str, list[str]] = {}
    for name in defects:
        found.setdefault(name.partition("/")[0], []).append(name)
    return found


def proven_elsewhere(folder: Path = FOLDER) -> dict[str, str]:
    """The lines of the checklist about the suite itself, each with the reason why no defect can turn it red."""
    told = tomllib.loads((folder / "proven_elsewhere.toml").read_text("utf-8"))
    return {id: each["why"] for id, each in told.items()}
