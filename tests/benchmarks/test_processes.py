"""The cost of a program is that of all that it starts."""

from __future__ import annotations

import subprocess
import sys

import psutil

from benchmarks.processes import COMMANDS, PYTEST, watch

_BURN = """
import time
held = bytes(range(256)) * 200_000
while time.process_time() < 0.4: pass
"""
_PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_BURN!r}])"


def test_cpu_and_memory_are_those_of_what_the_program_has_started_too() -> None:
    process = psutil.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.DEVNULL)
    usage = watch(process, memory=True, every=0.02)
    _, last = usage.curve[-1]
    assert last[COMMANDS] > last[PYTEST]
    assert usage.cpu > 0.3
    assert usage.peak_mb > 45
