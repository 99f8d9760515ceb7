"""Measures sessions side by side on one machine: how long each takes, and how many end in an hour."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.processes import session
from benchmarks.report import Progress, write
from steps.paths import ROOT

_SAMPLE_SECONDS = 5.0  # few samples: several samplers would take CPU from the sessions


def run(most: int, reports: Path) -> int:
    """Run `pytest -m local` once, then 2 to `most` at a time; print and store the times and the relative throughput.

    Raises BenchmarkError if a session is not GO.
    """
    at, progress = machine(), Progress()
    found: list[dict[str, Any]] = []
    for count in range(1, most + 1):
        began = time.monotonic()
        with ThreadPoolExecutor(count) as pool:
            walls = [done.result() for done in [pool.submit(_seconds) for _ in range(count)]]
        whole = round(time.monotonic() - began, 2)
        alone = found[0]["whole"] if found else whole
        found.append({"sessions": count, "walls": walls, "whole": whole, "throughput": round(count * alone / whole, 2)})
        each = ", ".join(f"{wall:.1f}" for wall in walls)
        progress.say(f"{count} at a time: {each} s; throughput {found[-1]['throughput']:.2f} of one alone")
    print(f"\n{write(reports, 'side-by-side', {'machine': at, 'found': found})}")
    return 0


def _seconds() -> float:
    with session(ROOT, "-m", "local", every=_SAMPLE_SECONDS) as (usage, _):
        return usage.wall
