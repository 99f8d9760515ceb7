"""Compares the states that an execution entered with the happy path of its state machine definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from steps.drivers.step_functions import inner_machines


def happy_path(machine: dict[str, Any]) -> list[str]:
    """Return the states from start to end if nothing fails; the states inside a Map follow the Map.

    A Choice takes its Default branch. `machine` is an ASL definition or an ItemProcessor.
    """
    return [*_successors(machine)]


def _successors(machine: dict[str, Any]) -> dict[str, str | None]:
    """Return the state after each one of the happy path, in its order; None after a last one."""
    path: dict[str, str | None] = {}
    name = machine["StartAt"]
    while name is not None and name not in path:
        state = machine["States"][name]
        path[name] = following = state.get("Next") or state.get("Default")
        for inner in inner_machines(state):
            path |= _successors(inner)
        name = following
    return path


def deviations(machine: dict[str, Any], history: Sequence[dict[str, Any]]) -> list[str]:
    """Describe where the execution left the happy path, then each state not entered, not left, or off that path."""
    entered = Counter(e["stateEnteredEventDetails"]["name"] for e in history if "stateEnteredEventDetails" in e)
    left = Counter(e["stateExitedEventDetails"]["name"] for e in history if "stateExitedEventDetails" in e)
    path = _successors(machine)
    return [
        *_departures(path, history),
        *(f"{name} was not entered" for name in path if not entered[name]),
        *(f"{name} was entered {n} times and left {left[name]}" for name, n in entered.items() if left[name] != n),
        *(f"{name} was entered, which is not on the happy path" for name in entered if name not in path),
    ]


def _departures(path: Mapping[str, str | None], history: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield each step from a state of the happy path to another than the next, in order of time."""
    exits = {e["id"]: e["stateExitedEventDetails"]["name"] for e in history if "stateExitedEventDetails" in e}
    for event in history:
        before, entered = exits.get(event.get("previousEventId")), event.get("stateEnteredEventDetails")
        if before and entered and (due := path.get(before)) not in (None, entered["name"]):
            yield f"{before} was followed by {entered['name']}, not by {due}"
