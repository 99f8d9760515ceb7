"""The faults of one scenario: set by its steps, met by the pipeline's calls, removed at its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from steps.drivers.fault_injection import Fault, Faults
from steps.suite.finding import ControlFailed, Finding
from steps.targets.environment import Environment
from steps.verdict.verdict import LIMIT

PATIENCE = 30
"""Seconds for running work to reach the state that a scenario waits for, and for the functions' sessions to end."""


class InjectedFaults:
    """The faults of one scenario; a call has to meet each, otherwise the scenario proves nothing.

    refuse, crash, hold, slow and cut are those of Faults: the fault's name, the pattern of the calls that it strikes.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._active: list[Fault] = []

    def refuse(self, name: str, when: str, code: str, **how: Any) -> None:
        self._active.append(self._faults.refuse(name, when, code, **how))

    def crash(self, name: str, when: str, **how: Any) -> None:
        self._active.append(self._faults.crash(name, when, **how))

    def hold(self, name: str, when: str, **how: Any) -> None:
        self._active.append(self._faults.hold(name, when, **how))

    def slow(self, name: str, when: str, seconds: float) -> None:
        self._active.append(self._faults.slow(name, when, seconds))

    def cut(self, name: str, when: str, **how: Any) -> None:
        self._active.append(self._faults.cut(name, when, **how))

    def wait_for_all(self) -> None:
        """Wait until a call has met each fault."""
        for fault in self._active:
            fault.awaited()

    def wait_for(self, name: str, hits: int = 1) -> Fault:
        """Return the named fault once `hits` calls have met it."""
        (fault,) = (fault for fault in self._active if fault.name == name)
        fault.awaited(hits)
        return fault

    def release(self, name: str, hits: int = 1) -> None:
        """Remove the named fault once it holds `hits` calls, which then proceed."""
        fault = self.wait_for(name, hits)
        fault.remove()
        self._active.remove(fault)

    def remove_all(self) -> None:
        """Remove all faults; raise ControlFailed if no call met one."""
        met = {fault.name: fault.hits for fault in self._active}
        self._faults.clear()
        self._active.clear()
        if never := [name for name, hits in met.items() if not hits]:
            raise ControlFailed(
                f"No call met what was set, so that the scenario proves nothing: {', '.join(never)}.",
                remedy="mend the fault's pattern",
            )


@pytest.fixture
def faults(environment: Environment, finding: Finding) -> Iterator[InjectedFaults]:
    if environment.faults is None:
        finding.not_checked(f"{LIMIT}faults of this kind cannot be made on {environment.target}")
    injected = InjectedFaults(environment.faults)
    try:
        yield injected
    finally:
        injected.remove_all()
