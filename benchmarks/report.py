"""What a benchmark shows: progress while it goes on, figures with their spread, bars of text, JSON."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BAR = 40


class BenchmarkError(Exception):
    """There is no figure, since what was to be measured did not work: cause, evidence, remedy."""


@dataclass(frozen=True)
class Spread:
    """What repeated measurements came to."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """The spread of at least one value."""
        known = sorted(values)
        return cls(round(statistics.median(known), 4), round(known[0], 4), round(known[-1], 4))

    def __format__(self, spec: str) -> str:
        """Median, least and most, each formatted by `spec`."""
        return f"{self.median:{spec}} {self.least:{spec}} {self.most:{spec}}"


class Progress:
    """Says on stderr what is going on: in a terminal each look on one line, in a log a line each."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._live = sys.stderr.isatty()

    def say(self, text: str) -> None:
        """A line that stays, with the seconds since the benchmark's start."""
        self._write(text, "\n")

    def look(self, text: str) -> None:
        """A line that the next one replaces."""
        self._write(text, "" if self._live else "\n")

    def _write(self, text: str, end: str) -> None:
        erase = "\r\x1b[K" if self._live else ""
        print(f"{erase}{time.monotonic() - self._began:7.1f} s  {text}", end=end, file=sys.stderr, flush=True)


def bar(share: float) -> str:
    """`share` (0 to 1) of a full bar; what is there at all shows."""
    return "#" * max(round(share * BAR), 1 if share > 0 else 0)


def write(folder: Path, benchmark: str, report: dict[str, Any]) -> Path:
    """Writes bench-{benchmark}.json, whole or not at all, and answers where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"bench-{benchmark}.json"
    draft = file.with_suffix(".tmp")
    draft.write_text(json.dumps({"schema": 1, "benchmark": benchmark, **report}, ensure_ascii=False, indent=1) + "\n")
    draft.replace(file)
    return file
