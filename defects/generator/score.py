"""Scores of generated mutants, and the matrix that shows them. Pure functions."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from steps.paths import ROOT

EQUIVALENT = ROOT / "defects" / "equivalent.toml"
CAUGHT, SURVIVED, UNKNOWN = "caught", "survived", "unknown"
GO, UNSUPPORTED, FALSE_ALARM = "GO", "unsupported", "false alarm"
RIGHT = {False: {CAUGHT}, True: {GO, UNSUPPORTED}}
"""The words that are as they have to be, of faults and of lawful changes."""


@dataclass(frozen=True)
class Judged:
    """The result of a session with one mutant.

    word: `caught` is a NO-GO, `survived` a GO, `unknown` anything else; a lawful change has `GO`, `false alarm`,
    `unsupported` where the suite says that it does not know what was changed, or `unknown`. lines: those that were NO.
    named: whether the first diagnosis, or the first NO, names the place. mark: of the session, `local` or `robustness`.
    """

    id: str
    layer: str
    operator: str
    place: str
    diff: str
    word: str
    lines: list[str] = field(default_factory=list)
    first: str | None = None
    named: bool = False
    ended: str = ""
    seconds: float = 0.0
    mark: str = "local"


def equivalents(file: Path = EQUIVALENT) -> dict[str, str]:
    """Return the reasons by the ids of mutants that change nothing that anybody could notice."""
    told = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    return {id: reason for reasons in told.values() for id, reason in reasons.items()}


@dataclass(frozen=True)
class Score:
    """Totals: mutants made, those of them that are equivalent, caught, unknown, and caught with their place named."""

    made: int
    equivalent: int
    caught: int
    unknown: int
    named: int

    @property
    def counted(self) -> int:
        """The mutants that could be caught."""
        return self.made - self.equivalent

    @property
    def percent(self) -> float:
        """caught / (made - equivalent), in percent; 100 if there is none."""
        return 100 * self.caught / self.counted if self.counted else 100.0

    def __str__(self) -> str:
        return f"{self.caught} of {self.counted} caught ({self.percent:.0f} %)"


def score(judged: Iterable[Judged], equivalent: Mapping[str, str], *, lawful: bool = False) -> Score:
    """Count; an equivalent mutant counts as nothing else, whatever became of it."""
    all_ = list(judged)
    counted = [each for each in all_ if each.id not in equivalent]
    right = [each for each in counted if each.word in RIGHT[lawful]]
    return Score(
        made=len(all_),
        equivalent=len(all_) - len(counted),
        caught=len(right),
        unknown=sum(each.word == UNKNOWN for each in counted),
        named=sum(each.named for each in right),
    )


def scores_by_mark(judged: Sequence[Judged], equivalent: Mapping[str, str]) -> dict[str, Score]:
    """Return the score of `-m local` alone and, where robustness scenarios judged what it let pass, of both."""
    alone = [each if each.mark != "robustness" else replace(each, word=SURVIVED) for each in judged]
    both = {" by `-m local`": score(alone, equivalent), " by `-m release`": score(judged, equivalent)}
    return both if any(each.mark == "robustness" for each in judged) else {"": score(judged, equivalent)}


def matrix(judged: list[Judged], lawful: list[Judged], equivalent: Mapping[str, str], seed: int) -> str:
    """Return the page in Markdown: survivors with their diffs, then the scores by layer and operator."""
    laws = score(lawful, {}, lawful=True)
    lines = [
        f"# Generated mutants, seed {seed}",
        "",
        *survivors(judged, lawful, equivalent),
        "## Scores",
        "",
        "| | made | equivalent | as it should be | | unknown | place named |",
        "|---|---|---|---|---|---|---|",
        *(_row(f"faults: NO-GO{part}", of_part) for part, of_part in scores_by_mark(judged, equivalent).items()),
        _row("lawful changes: GO or unsupported", laws),
        "",
    ]
    lines += ["## By operator", "", "| operator | made | equivalent | caught | | unknown | place named |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for layer in dict.fromkeys(each.layer for each in judged):
        of_layer = [each for each in judged if each.layer == layer]
        lines.append(_row(f"**{layer}**", score(of_layer, equivalent)))
        for operator in sorted({each.operator for each in of_layer}):
            lines.append(_row(operator, score([e for e in of_layer if e.operator == operator], equivalent)))
    kept = [each for each in judged if each.id in equivalent]
    lines += ["", f"## Equivalent ({len(kept)})", ""]
    lines += [f"- `{each.id}` {each.operator}, {each.place}: {equivalent[each.id]}" for each in kept]
    return "\n".join(lines) + "\n"


def survivors(judged: Iterable[Judged], lawful: Iterable[Judged], equivalent: Mapping[str, str]) -> list[str]:
    """Return the lines in Markdown that show each survivor and false alarm with its diff."""
    wrong = [each for each in judged if each.word != CAUGHT and each.id not in equivalent]
    wrong += [each for each in lawful if each.word not in RIGHT[True]]
    lines = [f"## Survivors and false alarms ({len(wrong)})", ""]
    for each in sorted(wrong, key=lambda each: (each.layer, each.operator)):
        said = ", ".join(filter(None, [each.word, *each.lines, each.first, each.ended]))
        lines += [f"### {each.layer}, {each.operator}: {each.place}", "", f"`{each.id}`: {said}", ""]
        lines += ["```diff", each.diff, "```", ""]
    return lines


def _row(name: str, s: Score) -> str:
    return f"| {name} | {s.made} | {s.equivalent} | {s.caught} | {s.percent:.0f} % | {s.unknown} | {s.named} |"
