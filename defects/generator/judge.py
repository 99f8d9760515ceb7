"""Judges mutants by whole sessions of the acceptance, as users run them, several at a time."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from defects import runner
from defects.generator.change import Change, apply, copy_pipeline, diff
from defects.generator.score import CAUGHT, FALSE_ALARM, GO, SURVIVED, UNKNOWN, UNSUPPORTED, Judged
from steps.diagnoses.ids import Diagnosis
from steps.suite.marks import PARTS_OF_RELEASE, RELEASE, WHOLE


def find_parts(mark: str) -> tuple[str, ...]:
    """Return the marks whose sessions judge in turn: the second of a release judges what the first let pass."""
    return PARTS_OF_RELEASE if mark == RELEASE else (mark,)


def judge_all(
    folder: Path,
    sources: Mapping[str, str],
    changes: Sequence[Change],
    *,
    mark: str,
    jobs: int,
    lawful: bool,
    keep: Path | None,
) -> Iterator[Judged]:
    """Yield what became of each change as soon as it is known."""
    with ThreadPoolExecutor(jobs) as pool:
        running = [
            pool.submit(judge, folder, sources, change, mark=mark, lawful=lawful, keep=keep) for change in changes
        ]
        try:
            for done in as_completed(running):
                yield done.result()
        finally:
            runner.interrupt_all()
            pool.shutdown(wait=True, cancel_futures=True)


def judge(
    folder: Path, sources: Mapping[str, str], change: Change, *, mark: str, lawful: bool, keep: Path | None
) -> Judged:
    """Run `pytest -m MARK` on a copy of the pipeline with this change.

    A closed gate ends the session in seconds, and the first failure ends one that gives no verdict of a whole.
    """
    with tempfile.TemporaryDirectory(prefix="generated-") as place:
        system = copy_pipeline(folder, Path(place) / "system_under_test")
        for file, text in apply(sources, change).items():
            (system / file).write_text(text, "utf-8")
        reports = (keep / change.id).resolve() if keep else Path(place) / "reports"
        began = time.monotonic()
        arguments = ["-m", mark, f"--system-under-test={system}", *([] if mark in WHOLE else ["--maxfail=1"])]
        verdict, ended = runner.run_session(arguments, reports, patience=runner.PATIENCE.get(mark, runner.LONGEST))
        seconds = round(time.monotonic() - began, 1)
    if verdict and mark not in WHOLE:
        verdict = {**verdict, "verdict": conclude_part(verdict)}
    return evaluate(change, diff(sources, change), verdict, ended, seconds, mark=mark, lawful=lawful)


def conclude_part(verdict: Mapping[str, Any]) -> str:
    """Return the conclusion of a session of robustness scenarios, whose own verdict is UNKNOWN as a part's."""
    statuses = {item["status"] for item in verdict.get("beyond", {}).values()}
    if "failed" in statuses:
        return "NO-GO"
    return "GO" if "passed" in statuses and "broken" not in statuses else "UNKNOWN"


def evaluate(
    change: Change,
    shown: str,
    verdict: Mapping[str, Any] | None,
    ended: str,
    seconds: float,
    *,
    lawful: bool,
    mark: str = "local",
) -> Judged:
    """Say what a session's verdict.json means for a change."""
    said = verdict["verdict"] if verdict else None
    right, wrong = (GO, FALSE_ALARM) if lawful else (SURVIVED, CAUGHT)
    word = {"GO": right, "NO-GO": wrong}.get(said or "", UNKNOWN)
    items = verdict["items"] | verdict.get("beyond", {}) if verdict else {}
    lines = [id for id, item in items.items() if item["status"] == "failed"]
    diagnoses = verdict["diagnoses"] if verdict else []
    told = str([*diagnoses[:1], *(items[id] for id in lines[:1])])
    if word == UNKNOWN and not ended:
        ended = next((str(item.get("reason")) for item in items.values() if item["status"] == "broken"), "")[:300]
    first = diagnoses[0]["id"] if diagnoses else None
    if lawful and first == Diagnosis.STATE_MACHINE_UNSUPPORTED:
        word = UNSUPPORTED
    named = any(name in told for name in names_of(change, shown))
    return Judged(
        change.id, change.layer, change.operator, change.place, shown, word, lines, first, named, ended, seconds, mark
    )


def names_of(change: Change, shown: str) -> set[str]:
    """Return the names by which a diagnosis can name a change: those of its place, and words that it changes."""
    words = set(re.split(r"[.:]\s?", change.place)) - {"the module", "the machine", "the schema"}
    changed = [line[1:] for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return {word for word in words | set(re.findall(r"\w{6,}", " ".join(changed))) if len(word) > 3}
