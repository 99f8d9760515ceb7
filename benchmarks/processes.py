"""Runs pytest or another program, and samples CPU and memory of it and of all that it starts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import NamedTuple

import psutil

from benchmarks.report import BenchmarkError

PYTEST, COMMANDS = "pytest", "commands"
_GROUPS = {
    "PostgreSQL": re.compile(r"bin/(postgres|initdb)|^postgres: |postgres/launcher"),
    "functions": re.compile(r"local_aws/lambda_/"),
    "embedded AWS": re.compile(r"local_aws"),
}
GROUPS = (PYTEST, *_GROUPS, COMMANDS)
_SAMPLE_SECONDS = 0.2


class Usage(NamedTuple):
    """The cost of a program that has ended, with all that it started.

    wall: seconds. cpu: seconds, less what a process used after its last sample. peak_mb: the most memory at a time, 0
    unless it was asked for. curve: CPU seconds so far by each of GROUPS, by the monotonic clock.
    """

    wall: float
    cpu: float
    peak_mb: float
    curve: list[tuple[float, dict[str, float]]]


def watch(process: psutil.Popen, *, memory: bool = False, every: float = _SAMPLE_SECONDS) -> Usage:
    """Wait for the process, sampling it and all that it started each `every` seconds.

    The kernel adds no process whose parent ignores its end to that parent, as with functions' processes. Reading memory
    takes a tenth of a core and more, so that times with `memory` are not to be shown.
    """
    began, peak = time.monotonic(), 0.0
    spent: dict[psutil.Process, tuple[str, float]] = {}
    curve: list[tuple[float, dict[str, float]]] = []
    while process.poll() is None:
        at, resident = time.monotonic(), 0.0
        for each in [process, *process.children(recursive=True)]:
            try:
                times = each.cpu_times()
                cpu = times.user + times.system
                spent[each] = spent.get(each, (COMMANDS, 0))[0], cpu
                spent[each] = PYTEST if each == process else _group(each), cpu
                resident += _resident(each) if memory else 0
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue  # a process that has just ended keeps its CPU, and nothing else
        peak = max(peak, resident)
        curve.append((at, {name: sum(cpu for group, cpu in spent.values() if group == name) for name in GROUPS}))
        try:
            process.wait(every)
        except psutil.TimeoutExpired:
            continue
    total = sum(cpu for _, cpu in spent.values())
    return Usage(round(time.monotonic() - began, 2), round(total, 2), round(peak / 2**20), curve)


@contextmanager
def session(
    checkout: Path,
    *options: str,
    memory: bool = False,
    every: float = _SAMPLE_SECONDS,
    variables: Mapping[str, str] | None = None,
) -> Iterator[tuple[Usage, Path]]:
    """Run pytest with `options` by the checkout's own .venv, if it has one; yield the cost, and the reports' folder.

    Raises BenchmarkError unless it ends with 0.
    """
    own = checkout / ".venv" / "bin" / "python"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    with TemporaryDirectory(prefix="bench-session-") as folder, TemporaryFile("w+") as output:
        process = psutil.Popen(
            [str(own) if own.exists() else sys.executable, "-m", "pytest", *options, f"--reports={folder}"],
            cwd=checkout,
            env={**environment, **(variables or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        usage = watch(process, memory=memory, every=every)
        if process.returncode:
            output.seek(0)
            raise BenchmarkError(
                f"pytest {' '.join(options)} ended with {process.returncode} in {checkout}.\n  evidence: "
                f"{''.join(output.readlines()[-15:])}\n  remedy: run it there, and mend what it says"
            )
        yield usage, Path(folder)


def _group(process: psutil.Process) -> str:
    """The group of a process that was started; it may change when a fork becomes another program."""
    command = " ".join(process.cmdline())
    return next((name for name, pattern in _GROUPS.items() if pattern.search(command)), COMMANDS)


def _resident(process: psutil.Process) -> float:
    """Its bytes of memory; on Linux its share of them (PSS), since forks have most pages in common."""
    told = process.memory_full_info()
    return float(getattr(told, "pss", told.rss))
