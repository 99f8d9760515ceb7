"""The results of a nightly run: its verdicts and job results, read from files and the workflow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from steps.reporting import nights
from steps.reporting.nights import Entry
from steps.suite.visible_text import in_data, quoted
from steps.verdict.model import Verdict

_WORST_FIRST = ("NO-GO", "UNKNOWN", "GO")
_ILL = ("failure", "cancelled")


class Unreadable(Exception):
    """A file or variable with the night's results cannot be read."""


@dataclass(frozen=True)
class Result:
    """The night's result in one folder of reports; verdict or history entry is None if it was not written."""

    name: str
    verdict: Verdict | None
    entry: Entry | None

    @property
    def target(self) -> str:
        """The verdict's target, or else the folder's name."""
        return str(self.verdict.target) if self.verdict else self.name

    @property
    def word(self) -> str:
        """GO, NO-GO or UNKNOWN; UNKNOWN without a verdict."""
        return self.verdict.verdict if self.verdict else "UNKNOWN"


@dataclass(frozen=True)
class Night:
    """The results, the other failed or cancelled jobs, and the link to the run (empty if there is none)."""

    results: tuple[Result, ...]
    ill: Mapping[str, str]
    link: str
    mark: str
    """Identifies this run, so that it is reported only once."""

    @property
    def word(self) -> str:
        """The worst of the results; UNKNOWN if only a job has failed or there are no results."""
        words = [result.word for result in self.results] or ["UNKNOWN"]
        return next(word for word in _WORST_FIRST if word in [*words, *("UNKNOWN" for _ in self.ill)])

    @property
    def well(self) -> bool:
        return self.word == "GO"

    @property
    def remarkable(self) -> bool:
        """True if a session was slow or flaky, which is reported even if the night is GO."""
        return any(result.entry and (result.entry.slow or result.entry.flaky) for result in self.results)


def read(folders: Iterable[Path], jobs: str, *, link: str, mark: str) -> Night:
    """Read the night from these folders and from `jobs`, the workflow's `needs` as JSON or empty. Raises Unreadable.

    A folder without a verdict gives a result without one, unless the job of that name was skipped.
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
        verdict = Verdict.from_json(file.read_text("utf-8")).with_texts(in_data)
    except ValueError as error:
        raise Unreadable(
            f"{file} is no verdict.\n  evidence: {type(error).__name__}: {quoted(str(error))}\n"
            "  remedy: run the acceptance again"
        ) from error
    entries, _ = nights.read(folder / nights.FILE)
    mine = [entry for entry in entries if (entry.date, entry.target) == (verdict.started, verdict.target)]
    return Result(folder.name, verdict, mine[-1] if mine else None)
