"""A night: what its verdicts and its jobs came to, read from what they left behind."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steps.reporting import nights
from steps.reporting.nights import Entry
from steps.suite.visible_text import in_data

Verdict = Mapping[str, Any]
"""What verdict.json holds."""
_WORST_FIRST = ("NO-GO", "UNKNOWN", "GO")
_ILL = ("failure", "cancelled")


class Unreadable(Exception):
    """What the night has left behind cannot be read."""


@dataclass(frozen=True)
class Result:
    """What one folder of reports tells of the night; None: no verdict was written, no line added to the history."""

    name: str
    verdict: Verdict | None
    entry: Entry | None

    @property
    def target(self) -> str:
        """As the verdict has it, or else as the folder is called."""
        return str(self.verdict["target"]) if self.verdict else self.name

    @property
    def word(self) -> str:
        """GO, NO-GO or UNKNOWN."""
        return str(self.verdict["verdict"]) if self.verdict else "UNKNOWN"


@dataclass(frozen=True)
class Night:
    """The results, the other jobs that did not end well, and where to read on."""

    results: tuple[Result, ...]
    ill: Mapping[str, str]
    link: str
    mark: str
    """Names this very run, so that it is told of once; link: where it is read, if anywhere."""

    @property
    def word(self) -> str:
        """The worst of its results; UNKNOWN where nothing but a job went wrong, or where nothing is known."""
        words = [result.word for result in self.results] or ["UNKNOWN"]
        return next(word for word in _WORST_FIRST if word in [*words, *("UNKNOWN" for _ in self.ill)])

    @property
    def well(self) -> bool:
        return self.word == "GO"

    @property
    def remarkable(self) -> bool:
        """Whether it has to be told of although it is GO."""
        return any(result.entry and (result.entry.slow or result.entry.flaky) for result in self.results)


def read(folders: Iterable[Path], jobs: str, *, link: str, mark: str) -> Night:
    """The night of these folders, and of the workflow's `needs` as JSON, if any; raises Unreadable.

    A folder without a verdict is a result without one, unless the job of its name was skipped.
    """
    try:
        ended = {name: str(job["result"]) for name, job in in_data(json.loads(jobs or "{}")).items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unreadable(
            f"NIGHT_JOBS does not hold the workflow's `needs` as JSON.\n  evidence: {type(error).__name__}: {error}\n"
            "  remedy: set it to ${{ toJSON(needs) }}, or leave it out"
        ) from error
    results = [_result(folder) for folder in folders]
    told = tuple(each for each in results if each.verdict or ended.get(each.name) != "skipped")
    explained = {each.name for each in told if not (each.verdict and each.word == "GO")}
    ill = {name: result for name, result in ended.items() if result in _ILL and name not in explained}
    return Night(told, ill, link, mark)


def _result(folder: Path) -> Result:
    file = folder / "verdict.json"
    if not file.exists():
        return Result(folder.name, None, None)
    try:
        verdict = in_data(json.loads(file.read_text("utf-8")))
        entries, _ = nights.read(folder / nights.FILE)
        mine = [entry for entry in entries if (entry.date, entry.target) == (verdict["started"], verdict["target"])]
    except (ValueError, TypeError, KeyError) as error:
        raise Unreadable(
            f"{file} is no verdict.\n  evidence: {type(error).__name__}: {error}\n  remedy: run the acceptance again"
        ) from error
    return Result(folder.name, verdict, mine[-1] if mine else None)
