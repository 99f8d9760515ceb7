"""Compares the states that an execution entered with the happy path of its state machine definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from steps.drivers.step_functions import inner_machines


def happy_path(machine: dict[str, Any]) -> list[str]:
    """Return the states from start to end if nothing fails; the states inside a Map follow the Map.

    A Choice takes its Default branch. `machine` is an ASL definition or an ItemProcessor.
    """
    path: list[str] = []
    name = machine["StartAt"]
    while name is not None and name not in path:
        state = machine["States"][name]
        path.append(name)
        for inner in inner_machines(state):
            path += happy_path(inner)
        name = state.get("Next") or state.get("Default")
    return path


def deviations(machine: dict[str, Any], history: Sequence[dict[str, Any]]) -> list[str]:
    """Describe each state that was not entered, was not left, or was entered but is off the happy path."""
    entered = Counter(e["stateEnteredEventDetails"]["name"] for e in history if "stateEnteredEventDetails" in e)
    left = Counter(e["stateExitedEventDetails"]["name"] for e in history if "stateExitedEventDetails" in e)
    path = happy_path(machine)
    return [
        *(f"{name} was not entered" for name in path if not entered[name]),
        *(f"{name} was entered {n} times and left {left[name]}" for name, n in entered.items() if left[name] != n),
        *(f"{name} was entered, which is not on the happy path" for name in entered if name not in path),
    ]
