"""The session's record: results of the scenarios, phases and the run; makes the verdict from them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from steps.attestation.writing import Tested
from steps.diagnoses import catalogue
from steps.diagnoses.ranking import diagnoses
from steps.masking.masking import Masking
from steps.suite.deviation import Deviation
from steps.suite.visible_text import visible
from steps.verdict import origin, verdict, waivers
from steps.verdict.checklist import Item, Requirement
from steps.verdict.model import LineResult, Status, Verdict, Waiver


@dataclass
class Span:
    """Begin and end of a phase on the monotonic clock; `ended` is None while the phase runs."""

    began: float
    ended: float | None = None

    @property
    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.began


class Record:
    """Collects results during the session; `judged` makes a verdict from them at any time."""

    def __init__(
        self, checklist: dict[str, Item], file: Path, requirements: Mapping[str, Requirement] | None = None
    ) -> None:
        self.checklist, self.file, self.requirements = checklist, file, requirements or {}
        self.masking = Masking(os.environ)
        self.scenarios: dict[str, verdict.Scenario] = {}
        self.expected: dict[str, list[str]] = {}
        self.not_applicable: Mapping[str, str] = {}
        """Lines that do not apply to the pipeline, with the reason; no scenario answers them."""
        self.started = datetime.now(UTC)
        self.facts: dict[str, Any] = {"target": None, "account": None, "region": None, "system_under_test": None}
        self.run: dict[str, Any] = {"started_by": "none"}
        self.measured: dict[str, Any] = {}
        self.discrepancies: list[dict[str, Any]] = []
        self.deviations: list[Deviation] = []
        """Deviations of the run as a whole."""
        self.notes: list[str] = []
        self.tested: Tested | None = None
        self.waivers: dict[str, Waiver] = {}
        self.altered_by: list[str] = []
        """The options and variables by which the session differs from one that is run for a release."""
        self.broken_off = False
        self.stopped: str | None = None
        """The error that stopped the session before its first check."""
        self._rename: Callable[[str], str] = str
        self.spans: dict[str, Span] = {}

    def use_names(self, rename: Callable[[str], str]) -> None:
        """Have explanations call things by the account's names, which `rename` puts into a text."""
        self._rename = rename
        self.checklist = {
            id: replace(item, **{each: getattr(item, each).change(rename) for each in ("cause", "risk", "remedy")})
            for id, item in self.checklist.items()
        }

    @property
    def claimed(self) -> set[str]:
        """The ids that this target's scenarios answer, run or not; all lines until scenarios are collected."""
        return {id for items in self.expected.values() for id in items} if self.expected else {*self.checklist}

    @property
    def _beyond(self) -> dict[str, LineResult] | None:
        """The results of the requirements beyond the checklist; None if no scenario of this session answers one."""
        claimed = {id: each for id, each in self.requirements.items() if id in self.claimed}
        if not claimed:
            return None
        found = verdict.judge_requirements(claimed, self.scenarios.values())
        return waivers.apply(found, self.waivers)

    @property
    def complete(self) -> bool:
        """True if every scenario of this target has ended in this session."""
        ended = {id for id, scenario in self.scenarios.items() if not scenario.is_running}
        return not self.broken_off and bool(self.expected) and self.expected.keys() <= ended

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Run the block as this phase of the session."""
        self.begin(name)
        try:
            yield
        finally:
            self.end(name)

    def begin(self, name: str) -> None:
        """Begin this phase, or resume it if it has ended; it lasts until `end` or the end of the session."""
        self.spans.setdefault(name, Span(time.monotonic())).ended = None

    def end(self, name: str) -> None:
        """End this phase, if it has begun and not ended."""
        if name in self.spans and self.spans[name].ended is None:
            self.spans[name].ended = time.monotonic()

    def keep(self, name: str, text: str) -> Path:
        """Write a file of evidence beside the verdict and return its path."""
        file = self.file.with_name(name)
        file.write_text(self.shown(text), "utf-8")
        return file

    def shown(self, text: str) -> str:
        """Return `text` fit for output: secrets masked, hidden characters escaped."""
        return visible(self.masking.text(text))

    @property
    def preconditions(self) -> list[str]:
        """The scenarios that have to pass before a file is delivered."""
        return [
            id
            for id, items in self.expected.items()
            if items and all(line and line.phase == "precondition" for line in map(self.checklist.get, items))
        ]

    def failed_preconditions(self) -> list[str]:
        """Return the lines of preconditions that failed or broke so far, without waived lines that failed."""
        done = [self.scenarios[id] for id in self.preconditions if id in self.scenarios]
        failed = {id for each in done if each.status == verdict.FAILED for id in each.items} - self.waivers.keys()
        broken = {id for each in done if each.status == verdict.BROKEN for id in each.items}
        return [id for id in self.checklist if id in failed | broken]

    def stop(self, first: verdict.Scenario, outcome: Callable[[Sequence[str]], tuple[Status, str]]) -> None:
        """Give the scenarios that have not run a result, since the cause of `first` has stopped the session.

        outcome: status and reason of a scenario by its lines.
        """
        self.stopped = first.reason
        for id, items in self.expected.items():
            status, reason = outcome(items)
            result = replace(first, id=id, items=items, status=status, reason=self.masking.text(reason))
            result.is_running = False
            self.scenarios.setdefault(id, result)

    def is_excused(self, id: str) -> bool:
        """True if this scenario failed and every line that it claims is waived."""
        return self.scenarios[id].status == verdict.FAILED and self.waivers.keys() >= set(self.expected[id])

    def judge(self) -> Verdict:
        """Return the verdict on the results so far, with the secrets in its texts masked."""
        items = verdict.judge_lines(self.checklist, self.scenarios.values(), self.claimed, self.not_applicable)
        items, beyond = waivers.apply(items, self.waivers), self._beyond
        both = items | (beyond or {})
        conclusion, code = verdict.conclude(both, self.claimed, complete=self.complete)
        ended, suite = datetime.now(UTC), origin.suite()
        explained = {id: each.change(self._rename) for id, each in catalogue.read().items()}
        began = self.spans["run"].began if "run" in self.spans else 0.0
        judged = {
            "schema": 1,
            "verdict": conclusion,
            "complete": self.complete,
            "exit": code,
            "scope": sorted(self.claimed & items.keys()),
            **{key: self.facts[key] for key in ("target", "account", "region")},
            "started": self.started.isoformat(),
            "ended": ended.isoformat(),
            "by": origin.by(os.environ),
            "suite": suite,
            "system_under_test": self.facts["system_under_test"],
            "run": dict.fromkeys(_RUN) | self.run,
            "items": items,
            **({"beyond": beyond} if beyond else {}),
            "diagnoses": diagnoses(
                self.scenarios.values(), self.deviations, explained, began, {**self.facts, **self.run}
            ),
            "discrepancies": self.discrepancies,
            "measured": {
                **self.measured,
                "phases": {name: round(span.seconds, 2) for name, span in self.spans.items()},
                "session_seconds": round((ended - self.started).total_seconds(), 2),
            },
            "notes": [*self.notes, *(waivers.note_unused(both, self.waivers) if self.complete else ())],
            "altered_by": [*self.altered_by, *([UNCOMMITTED] if suite.dirty else ())],
        }
        return Verdict.model_validate(judged).with_texts(self.masking.data)


UNCOMMITTED = "uncommitted-changes"
"""Stands in `altered_by` for a working tree of the suite that differs from its commit."""
STOPPED = "nothing else can be checked"
"""The reason why pytest ends a session that has no environment."""
RECORD = pytest.StashKey[Record]()
"""Stash key of the session's Record."""
VERDICT = pytest.StashKey[Verdict]()
"""Stash key of the session's verdict, once it is made at the end."""
_RUN = ("execution_arn", "status", "bucket", "key", "version_id")
