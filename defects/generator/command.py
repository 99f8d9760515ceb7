"""`python -m defects generate`: draws mutants of a pipeline by a seed and judges the acceptance by them.

python -m defects generate --seed 7 --count 100           faults; each has to be NO-GO
python -m defects generate --seed 7 --lawful              changes that any operator may make; each has to be GO
python -m defects generate --seed 7 --count 12 --list     shows them, and runs nothing
python -m defects generate --id 58dec894c8c2              one mutant, by its id
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from defects.generator import lawful
from defects.generator.change import BUNDLED, Change, copy_pipeline, diff, read_sources
from defects.generator.draw import draw
from defects.generator.draw import find_changes as find_faults
from defects.generator.judge import find_parts, judge_all
from defects.generator.score import GO, RIGHT, SURVIVED, Judged, equivalents, matrix, score, scores_by_mark, survivors
from defects.kill_matrix import judges
from defects.runner import in_memory
from steps.paths import REPORTS, write_atomically


def main(arguments: Sequence[str]) -> int:
    """Return the exit code: 0 if each mutant came out as it has to, 1 if one did not.

    2 if none can be made, 3 if a session gave no verdict.
    """
    told = _arguments(arguments)
    if not importlib.util.find_spec("cfnlint"):
        print("cfn-lint is not installed; its schemas say which values a property may have.", file=sys.stderr)
        print("  remedy: pip install -r requirements-dev.txt", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as place:
        sources = read_sources(copy_pipeline(told.folder, Path(place) / "copy"))
    find_changes = lawful.find_changes if told.lawful else find_faults
    found = [each for each in find_changes(sources) if not told.id or each.id in told.id]
    drawn = draw(sources, found, told.seed, told.count, lawful=told.lawful)
    changes = [change for change in drawn if not told.layer or change.layer in told.layer]
    if told.list:
        for number, change in enumerate(changes, 1):
            print(
                f"# {number} {change.id} {change.layer}, {change.operator}: {change.place}\n{diff(sources, change)}\n"
            )
        return 0
    in_memory()
    return _judge(told, sources, changes)


def _judge(told: argparse.Namespace, sources: Mapping[str, str], changes: Sequence[Change]) -> int:
    known: dict[str, Judged] = {}
    try:
        for mark in find_parts(told.mark):
            passed = [each for each in changes if mark == find_parts(told.mark)[0] or _needs_more(told, known[each.id])]
            for judged in _judge_by(told, sources, passed, mark):
                known[judged.id] = judged
    finally:  # a night that runs out of time shows the results so far
        code = _report(told, [known[change.id] for change in changes if change.id in known])
    return code


def _needs_more(told: argparse.Namespace, judged: Judged) -> bool:
    """True if the next part of a release has to judge: nothing was NO, and somebody could notice the change."""
    return judged.word in (GO, SURVIVED) and (told.lawful or judged.id not in equivalents())


def _judge_by(
    told: argparse.Namespace, sources: Mapping[str, str], changes: Sequence[Change], mark: str
) -> Iterator[Judged]:
    results, equivalent = _results(told, mark), equivalents()
    known = {} if told.fresh else results.read()
    left = [change for change in changes if change.id not in known]
    yield from (known[change.id] for change in changes if change.id in known)
    began = time.monotonic()
    outcomes = judge_all(told.folder, sources, left, mark=mark, jobs=told.jobs, lawful=told.lawful, keep=told.keep)
    for number, judged in enumerate(outcomes, 1):
        results.add(judged)
        remaining = (time.monotonic() - began) / number * (len(left) - number) / 60
        said = ", ".join(filter(None, [*judged.lines[:4], judged.first, judged.ended]))
        word = judged.word if judged.word in RIGHT[told.lawful] or judged.id not in equivalent else "equivalent"
        print(
            f"{number:4} of {len(left)}, {remaining:.0f} minutes left  {word:8} {judged.id} {judged.layer}, "
            f"{judged.operator}: {judged.place} in {judged.seconds:.0f} s: {said}",
            flush=True,
        )
        yield judged


def _results(told: argparse.Namespace, mark: str, *, lawful: bool | None = None) -> Results:
    seed = "lawful" if (told.lawful if lawful is None else lawful) else str(told.seed)
    return Results(told.reports, told.folder, seed, mark)


def _report(told: argparse.Namespace, ours: list[Judged]) -> int:
    equivalent = equivalents()
    other: dict[str, Judged] = {}
    for mark in find_parts(told.mark):
        other |= _results(told, mark, lawful=not told.lawful).read()
    faults, laws = (list(other.values()), ours) if told.lawful else (ours, list(other.values()))
    told.reports.mkdir(parents=True, exist_ok=True)
    page = matrix(faults, laws, equivalent, told.seed)
    write_atomically(told.reports / "generated.md", page)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        Path(summary).write_text(page, "utf-8")
    scores = {"seed": told.seed, "folder": told.folder.name, "faults": asdict(score(faults, equivalent))}
    scores["lawful"] = asdict(score(laws, {}, lawful=True))
    scores["mutants"] = [asdict(each) for each in [*faults, *laws]]
    write_atomically(told.reports / "generated.json", json.dumps(scores, ensure_ascii=False, indent=1))
    print("\n".join(survivors(*([], ours) if told.lawful else (ours, []), equivalent)))
    found = {"": score(ours, {}, lawful=True)} if told.lawful else scores_by_mark(ours, equivalent)
    verb = "GO" if told.lawful else "caught"
    for by, each in found.items():
        print(
            f"{each.caught} of {each.counted} {verb}{by}, {each.unknown} unknown, {each.equivalent} equivalent, "
            f"{each.named} with their place; seed {told.seed}"
        )
    *_, last = found.values()
    return 3 if last.unknown else 0 if last.caught == last.counted else 1


class Results:
    """The results of the mutants of a seed, one JSON line each; results for other sources are ignored."""

    def __init__(self, reports: Path, folder: Path, seed: str, mark: str = "local") -> None:
        self._file = reports / "generated" / f"{folder.name}-{mark}-{seed}.jsonl"
        files = sorted(file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
        digest = hashlib.sha256(judges().encode())
        for file in files:
            digest.update(file.read_bytes())
        self._key = digest.hexdigest()[:16]

    def read(self) -> dict[str, Judged]:
        """Return the last result of each mutant by its id."""
        found = {}
        for line in self._file.read_text("utf-8").splitlines() if self._file.is_file() else ():
            try:
                told = json.loads(line)
            except ValueError:  # blank, or written in part
                continue
            if told.pop("key") == self._key:
                found[told["id"]] = Judged(**told)
        return found

    def add(self, judged: Judged) -> None:
        """Append a result at once, so that an interrupted run can be resumed."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps({"key": self._key, **asdict(judged)}, ensure_ascii=False))


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m defects generate", description="the acceptance against mutants")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="draws the mutants; the same seed, the same")
    parser.add_argument("--count", type=int, default=12, metavar="K", help="mutants to draw")
    parser.add_argument("--folder", type=Path, default=BUNDLED, metavar="DIR", help="the pipeline")
    parser.add_argument("--id", action="append", metavar="ID", help="draw among these alone, whatever the seed")
    parser.add_argument(
        "--layer", action="append", metavar="LAYER", help="of the drawn ones, those of this layer alone"
    )
    parser.add_argument("--lawful", action="store_true", help="changes that any operator may make, in place of faults")
    parser.add_argument(
        "--mark", default="local", help="local or release; a release judges by -m robustness what -m local let pass"
    )
    parser.add_argument("--list", action="store_true", help="show the diffs, run nothing")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="sessions at a time")
    parser.add_argument("--fresh", action="store_true", help="forget what was found before")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the reports of each session")
    parser.add_argument("--reports", type=Path, default=REPORTS, metavar="DIR")
    return parser.parse_args(arguments)
