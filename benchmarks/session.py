"""Measures whole sessions and the installation, beside those of another checkout, in pairs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import venv
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import psutil

from benchmarks.machine import machine
from benchmarks.report import BenchmarkError, Progress, Spread, write
from steps.paths import ROOT
from steps.suite.reports import left_in

_ACCEPTANCE, _ALONE, _ROBUSTNESS = ("-m", "local"), ("--item=AUR-03",), ("-m", "robustness")
_DEPLOYED = "embedded AWS up, pipeline deployed, s"
_INSTALL = ("install", "-r", "requirements.txt")
WANTED = {
    "pytest -m local, s": 17,
    "pytest -m local, s of CPU": 24,
    _DEPLOYED: 2.5,
    "pytest --item=AUR-03, s": 6,
    "pytest -m robustness, s": 120,
    "pip install -r requirements.txt, s": 40,
    "installed, MB": 200,
}
"""The figures wanted at most."""
_SAMPLE_SECONDS = 0.2


def run(runs: int, against: Path | None, robustness: bool, install: bool, reports: Path) -> int:
    """Run each kind of session `runs` times here and in `against`, in turn; print and store figures and ratios."""
    at, progress = machine(), Progress()
    kinds = [_ACCEPTANCE, _ALONE, *([_ROBUSTNESS] if robustness else []), *([_INSTALL] if install else [])]
    checkouts = {**({"before": against.resolve()} if against else {}), "here": ROOT}
    found: dict[str, dict[str, list[float]]] = {}
    for number in range(1, runs + 1):
        for kind in kinds:
            for name, checkout in checkouts.items():
                for figure, value in (_install(checkout) if kind == _INSTALL else _measure(checkout, kind)).items():
                    found.setdefault(figure, {}).setdefault(name, []).append(value)
                progress.say(f"run {number} of {runs}, {name}: {' '.join(kind)}")
    figures = {figure: _compare(**values) for figure, values in found.items()}
    print("\n".join(_table(at, figures)))
    print(f"\n{write(reports, 'session', {'machine': at, 'runs': runs, 'figures': figures})}")
    return 0


def _install(checkout: Path) -> dict[str, float]:
    """Install the requirements into a new environment; raises BenchmarkError if pip fails."""
    with TemporaryDirectory(prefix="bench-install-") as folder:
        began = time.monotonic()
        venv.create(folder, with_pip=True)
        pip = [f"{folder}/bin/python", "-m", "pip", "install", "-q", "-r", str(checkout / "requirements.txt")]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        wall = time.monotonic() - began
        if done.returncode:
            raise BenchmarkError(
                f"pip ended with {done.returncode}.\n  evidence: {done.stderr[-2000:]}\n  remedy: run {' '.join(pip)}"
            )
        blocks = sum(file.lstat().st_blocks for file in Path(folder).rglob("*"))
    return {"pip install -r requirements.txt, s": round(wall, 2), "installed, MB": round(blocks * 512 / 2**20)}


def _measure(checkout: Path, kind: tuple[str, ...]) -> dict[str, float]:
    """Run one session by the checkout's own .venv, if it has one; raises BenchmarkError unless it ends with 0."""
    own = checkout / ".venv" / "bin" / "python"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    with TemporaryDirectory(prefix="bench-session-") as folder, TemporaryFile("w+") as output:
        began = time.monotonic()
        process = psutil.Popen(
            [str(own) if own.exists() else sys.executable, "-m", "pytest", *kind, f"--reports={folder}"],
            cwd=checkout,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        cpu = _cpu_until_ended(process)
        wall = time.monotonic() - began
        if process.returncode:
            output.seek(0)
            raise BenchmarkError(
                f"pytest {' '.join(kind)} ended with {process.returncode} in {checkout}.\n  evidence: "
                f"{''.join(output.readlines()[-15:])}\n  remedy: run it there, and mend what it says"
            )
        figures = {f"pytest {' '.join(kind)}, s": wall, f"pytest {' '.join(kind)}, s of CPU": cpu}
        if kind == _ACCEPTANCE:
            phases = json.loads(left_in(Path(folder)).read_text("utf-8"))["measured"]["phases"]
            figures[_DEPLOYED] = phases["start"] + phases["deploy"]
    return {name: round(seconds, 2) for name, seconds in figures.items()}


def _cpu_until_ended(process: psutil.Popen) -> float:
    """Wait for the process; return the CPU of it and of all that it started, sampled while each ran.

    The kernel adds no process whose parent ignores its end to that parent, as with functions' processes.
    """
    seen: dict[psutil.Process, float] = {}
    while process.poll() is None:
        for each in [process, *process.children(recursive=True)]:
            try:
                times = each.cpu_times()
            except psutil.NoSuchProcess:
                continue
            seen[each] = times.user + times.system
        time.sleep(_SAMPLE_SECONDS)
    return sum(seen.values())


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
