"""Measures the bare run on moto_server, on ministack and on ours, beside our acceptance with all its checks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import psutil

from benchmarks.machine import machine
from benchmarks.peer import DEPLOY, EMBEDDED, EXECUTION, MINISTACK, MOTO, STAGES, START
from benchmarks.processes import Usage, session, watch
from benchmarks.report import BenchmarkError, Progress, write
from benchmarks.session import install
from steps.paths import ROOT
from steps.suite.reports import left_in
from steps.targets import limits
from steps.verdict.model import Verdict

CHECKED = "pytest -m local"
"""Ours with all its checks, in the place of an emulator."""


def run(reports: Path) -> int:
    """Measure each in turn, twice, since reading memory takes time; print and store stages, CPU and peak memory.

    ministack is installed into a temporary environment of its own. Raises BenchmarkError if ours does not succeed.
    """
    at, progress, release = machine(), Progress(), limits.read()[MINISTACK].tried
    found = []
    with TemporaryDirectory(prefix="bench-peers-") as folder:
        install(Path(folder), f"{MINISTACK}=={release}")
        progress.say(f"{MINISTACK} {release} installed")
        programs = {MOTO: Path(sys.executable).with_name(MOTO), MINISTACK: Path(folder, "bin", MINISTACK)}
        for name, title in {
            MOTO: f"{MOTO} {version('moto')}",
            MINISTACK: f"{MINISTACK} {release}",
            EMBEDDED: f"{EMBEDDED}, no checks",
            CHECKED: f"{EMBEDDED}, {CHECKED}",
        }.items():
            program = [sys.executable, "-m", "benchmarks.peer", name, str(programs.get(name, ""))]
            runs = [_checked(memory) if name == CHECKED else _bare(program, memory) for memory in (False, True)]
            (stages, usage), (_, resident) = runs
            found.append({"name": title, **stages, "wall": usage.wall, "cpu": usage.cpu, "peak_mb": resident.peak_mb})
            progress.say(f"{title}: {usage.wall:.1f} s")
            if refused := stages["refused"] if name == EMBEDDED else {}:
                raise BenchmarkError(f"The embedded AWS does not do the run.\n  evidence: {refused}")
    print("\n".join(table(found)))
    print(f"\n{write(reports, 'peers', {'machine': at, 'found': found})}")
    return 0


def table(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the rows of a table in Markdown, and below it the refusals in the words of each emulator."""
    yield f"| seconds | {' | '.join(each['name'] for each in found)} |"
    yield f"|{'---|' * (len(found) + 1)}"
    for stage in STAGES:
        yield f"| {stage} | {' | '.join(_cell(each, stage) for each in found)} |"
    for what, figure, form in (("whole process", "wall", ".1f"), ("its CPU", "cpu", ".1f")):
        yield f"| {what} | {' | '.join(format(each[figure], form) for each in found)} |"
    yield f"| memory at its peak, MB | {' | '.join(format(each['peak_mb'], '.0f') for each in found)} |"
    yield ""
    for each in found:
        for stage, error in each["refused"].items():
            yield f"- {each['name']}, {stage}: `{' '.join(error.replace('`', chr(39)).split())}`"


def _cell(found: dict[str, Any], stage: str) -> str:
    return (
        "refused"
        if stage in found["refused"]
        else f"{found['seconds'][stage]:.2f}"
        if stage in found["seconds"]
        else ""
    )


def _bare(program: list[str], memory: bool) -> tuple[dict[str, Any], Usage]:
    """Run the program; return what it has printed, and its cost. Raises BenchmarkError if it fails."""
    with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        process = psutil.Popen(program, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        usage = watch(process, memory=memory)
        for each in (output, errors):
            each.seek(0)
        if process.returncode:
            raise BenchmarkError(f"{program} ended with {process.returncode}.\n  evidence: {errors.read()[-2000:]}")
        return json.load(output), usage


def _checked(memory: bool) -> tuple[dict[str, Any], Usage]:
    with session(ROOT, *CHECKED.split()[1:], memory=memory) as (usage, reports):
        measured = Verdict.from_json(left_in(reports).read_text("utf-8")).measured
    seconds = {START: measured.phases[START], DEPLOY: measured.phases[DEPLOY], EXECUTION: measured.seconds}
    return {"seconds": seconds, "refused": {}}, usage
