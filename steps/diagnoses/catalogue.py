"""The documented list of diagnoses."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from steps.diagnoses.ids import Diagnosis
from steps.verdict.words import Words

FILE = Path(__file__).with_name("catalogue.toml")


@dataclass(frozen=True)
class Explanation:
    """The cause and the remedy of a diagnosis."""

    cause: Words
    remedy: Words

    def change(self, text: Callable[[str], str]) -> Explanation:
        """Return it with `text` applied to each of its texts."""
        return Explanation(self.cause.change(text), self.remedy.change(text))


@cache
def read() -> dict[Diagnosis, Explanation]:
    """Return the explanation of every diagnosis, root causes before consequences; ValueError for an unknown id."""
    told = tomllib.loads(FILE.read_text("utf-8"))["diagnosis"]
    return {Diagnosis(each["id"]): Explanation(Words(**each["cause"]), Words(**each["remedy"])) for each in told}
