"""A profile counts the CPU of each group of processes to the phase in which it was used."""

from __future__ import annotations

from benchmarks.processes import GROUPS, PYTEST
from benchmarks.profile import split


def test_cpu_counts_to_the_phase_that_began_last() -> None:
    idle = dict.fromkeys(GROUPS, 0.0)
    curve = [(float(at), {**idle, PYTEST: at / 2}) for at in range(11)]
    found = split(curve, {"start": (1, 4), "run": (4, 9), "check": (6, 9)})
    assert {phase: (told["seconds"], told[PYTEST]) for phase, told in found.items()} == {
        "before the phases": (1, 0.5),
        "start": (3, 1.5),
        "run": (2, 1),
        "check": (3, 1.5),
        "after the phases": (1, 0.5),
    }
