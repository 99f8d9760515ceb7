"""The faults of one scenario: set by its steps, met by the pipeline's calls, removed at its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from steps.drivers.fault_injection import Fault, Faults
from steps.suite.finding import ControlFailed, Finding
from steps.targets.environment import Environment
from steps.verdict.verdict import LIMIT


class Made:
    """The faults of one scenario; a call has to meet each, otherwise the scenario proves nothing."""

    def __init__(self, faults: Faults) -> None:
        self.make = faults
        self.all: list[Fault] = []

    def awaited(self) -> None:
        """Wait until a call has met each fault."""
        for fault in self.all:
            fault.awaited()

    def met(self, name: str, hits: int = 1) -> Fault:
        """Return the named fault once `hits` calls have met it."""
        (fault,) = (fault for fault in self.all if fault.name == name)
        fault.awaited(hits)
        return fault

    def let_go(self, name: str, hits: int = 1) -> None:
        """Remove the named fault once it holds `hits` calls, which then proceed."""
        fault = self.met(name, hits)
        fault.remove()
        self.all.remove(fault)

    def over(self) -> None:
        """Remove all faults; raise ControlFailed if no call met one."""
        met = {fault.name: fault.hits for fault in self.all}
        self.make.clear()
        self.all.clear()
        if never := [name for name, hits in met.items() if not hits]:
            raise ControlFailed(
                f"No call met what was set, so that the scenario proves nothing: {', '.join(never)}."
                "\n  remedy: mend the fault's pattern"
            )


@pytest.fixture
def faults(environment: Environment, finding: Finding) -> Iterator[Made]:
    if environment.faults is None:
        finding.not_checked(f"{LIMIT}faults of this kind cannot be made on {environment.target}")
    made = Made(environment.faults)
    try:
        yield made
    finally:
        made.over()
