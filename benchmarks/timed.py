"""Times what runs for minutes: the whole catalogue of defects, and .ci/run in a clean checkout."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.machine import machine
from benchmarks.report import BenchmarkError, write
from steps.paths import ROOT

CATALOGUE, CI = "catalogue", "ci"
WANTED = {CATALOGUE: ("python -m defects, 2 at a time, min", "19", 10), CI: (".ci/run, clean checkout, min", "15", 9)}
"""The title of each, what it was in November 2026, and the minutes wanted at most."""


def run(what: str, reports: Path) -> int:
    """Run one of WANTED, print and store its minutes. Raises BenchmarkError unless it succeeds."""
    at = machine()
    with TemporaryDirectory(prefix="bench-timed-") as folder:
        if what == CI:
            subprocess.run(["git", "clone", "-q", ROOT, folder], check=True)
            minutes = measure(["bash", ".ci/run"], Path(folder)) / 60
        else:
            command = [sys.executable, "-m", "defects", "--fresh", f"--reports={folder}"]
            minutes = measure(command, ROOT) / 60
    print(f"{minutes:.1f} minutes\n\n{write(reports, what, {'machine': at, 'minutes': round(minutes, 1)})}")
    return 0


def measure(command: Sequence[str], folder: Path) -> float:
    """Return the seconds of the command in that folder; raises BenchmarkError unless it ends with 0."""
    began = time.monotonic()
    done = subprocess.run(command, cwd=folder, check=False)
    if done.returncode:
        raise BenchmarkError(f"{' '.join(command)} ended with {done.returncode}, so there is no figure.")
    return time.monotonic() - began
