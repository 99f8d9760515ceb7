"""The documented list of diagnoses."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from steps.verdict.checklist import Words

FILE = Path(__file__).with_name("catalogue.toml")


@dataclass(frozen=True)
class Diagnosis:
    """A possible cause and its remedy; ids are added, never renamed."""

    id: str
    cause: Words
    remedy: Words


@cache
def read() -> dict[str, Diagnosis]:
    """Return every diagnosis by its id, root causes before their consequences."""
    told = tomllib.loads(FILE.read_text("utf-8"))["diagnosis"]
    return {each["id"]: Diagnosis(each["id"], Words(**each["cause"]), Words(**each["remedy"])) for each in told}
