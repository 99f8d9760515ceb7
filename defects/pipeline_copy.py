"""Copies the pipeline's sources and applies a defect to the copy."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from defects.catalogue_reader import Edit
from steps.paths import ROOT

_GENERATED = shutil.ignore_patterns("__pycache__", "*.pyc")


def copied(edits: Iterable[Edit], into: Path) -> Path:
    """Copy the pipeline and sql/ into the folder `into`, apply the edits, and return the folder."""
    for source, to in ((ROOT / "system_under_test", into), (ROOT / "sql", into / "sql")):
        shutil.copytree(source, to, ignore=_GENERATED)
    for edit in edits:
        file = into / edit.file
        file.write_text(file.read_text("utf-8").replace(edit.old, edit.new), "utf-8")
    return into


def missed(edits: Iterable[Edit]) -> list[str]:
    """Return a message for each edit that no longer fits the sources, where its text has to occur exactly once."""
    with tempfile.TemporaryDirectory() as folder:
        copy = copied((), Path(folder) / "copy")
        times = [(edit, _times(copy / edit.file, edit.old)) for edit in edits]
    return [f"{edit.old!r} is {count} times in {edit.file}" for edit, count in times if count != 1]


def _times(file: Path, text: str) -> int:
    return file.read_text("utf-8").count(text) if file.is_file() else 0
