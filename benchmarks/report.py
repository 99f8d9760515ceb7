"""Output of a benchmark: progress while it runs, figures with their spread, text bars, JSON."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steps.paths import write_atomically

BAR = 40


class BenchmarkError(Exception):
    """Nothing could be measured, since the measured system did not work; the message gives cause, evidence, remedy."""


@dataclass(frozen=True)
class Spread:
    """Median, least and most of repeated measurements."""

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
    """Shows the progress on stderr; on a terminal, a line of `look` is overwritten by the next line."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._live = sys.stderr.isatty()

    def say(self, text: str) -> None:
        """Print a permanent line, with the seconds since the benchmark's start."""
        self._write(text, "\n")

    def look(self, text: str) -> None:
        """Print a line that the next line overwrites."""
        self._write(text, "" if self._live else "\n")

    def _write(self, text: str, end: str) -> None:
        erase = "\r\x1b[K" if self._live else ""
        print(f"{erase}{time.monotonic() - self._began:7.1f} s  {text}", end=end, file=sys.stderr, flush=True)


def bar(share: float) -> str:
    """A text bar for `share` (0 to 1), of at least one character above 0."""
    return "#" * max(round(share * BAR), 1 if share > 0 else 0)


def write(folder: Path, benchmark: str, report: dict[str, Any]) -> Path:
    """Write bench-{benchmark}.json atomically and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"bench-{benchmark}.json"
    told = {"schema": 1, "benchmark": benchmark, **report}
    write_atomically(file, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    return file
