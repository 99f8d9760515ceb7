"""Measures whole sessions and the installation, beside those of another checkout, in pairs."""

from __future__ import annotations

import json
import subprocess
import time
import venv
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.machine import machine
from benchmarks.processes import session
from benchmarks.report import BenchmarkError, Progress, Spread, write
from steps.paths import ROOT
from steps.suite.reports import left_in

ACCEPTANCE, ALONE, _ROBUSTNESS = ("-m", "local"), ("--item=AUR-03",), ("-m", "robustness")
_DEPLOYED = "embedded AWS up, pipeline deployed, s"
PEAK = "pytest -m local, MB of memory at its peak"
_INSTALL, _MEMORY = ("install", "-r", "requirements.txt"), ("memory of", *ACCEPTANCE)
WANTED: dict[str, tuple[str, float]] = {
    "pytest -m local, s": ("35", 17),
    "pytest -m local, s of CPU": ("40", 24),
    _DEPLOYED: ("5", 2.5),
    "pytest --item=AUR-03, s": ("12", 6),
    "pytest -m robustness, s": ("180 to 240", 120),
    "pip install -r requirements.txt, s": ("58", 40),
    "installed, MB": ("285", 200),
}
"""The figures wanted at most, each after what it was in November 2026."""


def run(runs: int, against: Path | None, robustness: bool, install: bool, reports: Path) -> int:
    """Run each kind of session `runs` times here and in `against`, in turn; print and store figures and ratios."""
    at, progress = machine(), Progress()
    kinds = [ACCEPTANCE, _MEMORY, ALONE, *([_ROBUSTNESS] if robustness else []), *([_INSTALL] if install else [])]
    checkouts = {**({"before": against.resolve()} if against else {}), "here": ROOT}
    found: dict[str, dict[str, list[float]]] = {}
    for number in range(1, runs + 1):
        for kind in kinds:
            for name, checkout in checkouts.items():
                for figure, value in (
                    _install_requirements(checkout) if kind == _INSTALL else _measure(checkout, kind)
                ).items():
                    found.setdefault(figure, {}).setdefault(name, []).append(value)
                progress.say(f"run {number} of {runs}, {name}: {' '.join(kind)}")
    figures = {figure: _compare(**values) for figure, values in found.items()}
    print("\n".join(_table(at, figures)))
    print(f"\n{write(reports, 'session', {'machine': at, 'runs': runs, 'figures': figures})}")
    return 0


def _install_requirements(checkout: Path) -> dict[str, float]:
    """Install the requirements into a new environment; raises BenchmarkError if pip fails."""
    with TemporaryDirectory(prefix="bench-install-") as folder:
        began = time.monotonic()
        install(Path(folder), "-r", str(checkout / "requirements.txt"))
        wall = time.monotonic() - began
        blocks = sum(file.lstat().st_blocks for file in Path(folder).rglob("*"))
    return {"pip install -r requirements.txt, s": round(wall, 2), "installed, MB": round(blocks * 512 / 2**20)}


def install(folder: Path, *wanted: str) -> None:
    """Make an environment in `folder` with the `wanted` packages; raises BenchmarkError if pip fails."""
    venv.create(folder, with_pip=True)
    pip = [f"{folder}/bin/python", "-m", "pip", "install", "-q", *wanted]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(
            f"pip ended with {done.returncode}.\n  evidence: {done.stderr[-2000:]}\n  remedy: run {' '.join(pip)}"
        )


def _measure(checkout: Path, kind: tuple[str, ...]) -> dict[str, float]:
    """Return the figures of one session."""
    if kind == _MEMORY:
        with session(checkout, *ACCEPTANCE, memory=True) as (usage, _):
            return {PEAK: usage.peak_mb}
    with session(checkout, *kind) as (usage, reports):
        figures = {f"pytest {' '.join(kind)}, s": usage.wall, f"pytest {' '.join(kind)}, s of CPU": usage.cpu}
        if kind == ACCEPTANCE:
            phases = json.loads(left_in(reports).read_text("utf-8"))["measured"]["phases"]
            figures[_DEPLOYED] = round(phases["start"] + phases["deploy"], 2)
    return figures


def _compare(here: list[float], before: list[float] | None = None) -> dict[str, Any]:
    """Return the spreads, and `ratio`, that of each pair, here to before."""
    told: dict[str, Any] = {"here": asdict(Spread.of(here))}
    if before:
        ratios = [new / old for new, old in zip(here, before, strict=True)]
        told |= {"before": asdict(Spread.of(before)), "ratio": asdict(Spread.of(ratios))}
    return told


def _table(at: dict[str, Any], figures: dict[str, dict[str, Any]]) -> list[str]:
    wide = max(map(len, figures))
    columns = ("before", "here", "ratio")
    return [
        f"{at['cores']} cores, {at['cpu']}, Python {at['python']}, {at['date']}, load {at['load_average_1_min']}",
        "",
        f"{'median':<{wide}}" + "".join(f"{column:>9}" for column in columns),
        *(
            f"{name:<{wide}}"
            + "".join(f"{each[column]['median']:>9.2f}" if column in each else f"{'':>9}" for column in columns)
            for name, each in figures.items()
        ),
    ]
