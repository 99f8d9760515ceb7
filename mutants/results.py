"""The outcomes kept on disk, so that a matrix that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from mutants.catalogue import ROOT, Defect
from mutants.judging import Outcome

_JUDGES = ("conftest.py", "features", "local_aws", "mutants", "sql", "steps", "system_under_test")
_SUFFIXES = {".feature", ".json", ".py", ".sql", ".toml", ".yaml", ".csv", ".lock"}


class Results:
    """One line of JSON an outcome in `file`; outcomes of other sources, or of a defect since changed, are left out."""

    def __init__(self, file: Path, defects: Mapping[str, Defect]) -> None:
        self._file = file
        self._keys = {name: _key(defect) for name, defect in defects.items()}

    def read(self) -> dict[str, Outcome]:
        """The last outcome of each defect, in the catalogue's order."""
        lines = self._file.read_text("utf-8").splitlines() if self._file.is_file() else []
        told = [each for line in lines if (each := _whole(line))]
        found = {each["defect"]: each for each in told if each.pop("key") == self._keys.get(each["defect"])}
        return {name: Outcome(**found[name]) for name in self._keys if name in found}

    def add(self, outcome: Outcome) -> None:
        """Adds one, at once on disk."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            # The line break goes before, since a line that was cut off has none.
            file.write("\n" + json.dumps({"key": self._keys[outcome.defect], **asdict(outcome)}))


def _whole(line: str) -> dict[str, Any] | None:
    """What a line says; nothing of one that is blank, or was being written when the machine stopped."""
    try:
        return dict(json.loads(line))
    except ValueError:
        return None


def _key(defect: Defect) -> str:
    return hashlib.sha256(f"{judges()} {defect.model_dump_json()}".encode()).hexdigest()[:16]


@cache
def judges() -> str:
    """A digest over all that has a say in an outcome."""
    digest = hashlib.sha256()
    for name in _JUDGES:
        top = ROOT / name
        for file in sorted([top] if top.is_file() else top.rglob("*")):
            if file.suffix in _SUFFIXES and "__pycache__" not in file.parts:
                digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
