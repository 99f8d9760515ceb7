"""Operators on state machines (ASL in JSON)."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from defects.generator.change import Change, normalise, whole

State = dict[str, Any]
Found = Iterator[tuple[str, str, Callable[[State], object]]]
"""Operator, what of the state it changes, and the function that changes a copy of the state."""
_LOST = {
    "retry dropped": "Retry",
    "catch dropped": "Catch",
    "timeout dropped": "TimeoutSeconds",
    "result path dropped": "ResultPath",
    "result selector dropped": "ResultSelector",
    "default dropped": "Default",
    "input or output path dropped": "InputPath OutputPath",
}
_NEGATED = {
    "StringEquals": None,
    "NumericEquals": None,
    "NumericGreaterThan": "NumericLessThanEquals",
    "NumericGreaterThanEquals": "NumericLessThan",
    "NumericLessThan": "NumericGreaterThanEquals",
    "NumericLessThanEquals": "NumericGreaterThan",
}


def changes(file: str, text: str) -> Iterator[Change]:
    """Yield each change of a state machine's definition."""
    definition = json.loads(text)
    for path, machine in _machines(definition, ()):
        for name, state in machine["States"].items():
            for operator, what, change in _of_state(name, state, machine):
                mutant = copy.deepcopy(definition)
                change(_at(mutant, (*path, "States", name)))
                yield Change("state machine", operator, f"{name}: {what}", whole(file, text, normalise(mutant)))
        for operator, what, change in _of_machine(machine):
            mutant = copy.deepcopy(definition)
            change(_at(mutant, path))
            yield Change("state machine", operator, what, whole(file, text, normalise(mutant)))


def _machines(machine: State, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], State]]:
    yield path, machine
    for name, state in machine["States"].items():
        for key in ("ItemProcessor", "Iterator"):
            if key in state:
                yield from _machines(state[key], (*path, "States", name, key))
        for number, branch in enumerate(state.get("Branches", ())):
            yield from _machines(branch, (*path, "States", name, "Branches", number))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        value = value[part]
    return value


def _set(path: tuple[Any, ...], value: Any) -> Callable[[State], object]:
    def change(state: State) -> None:
        _at(state, path[:-1])[path[-1]] = value

    return change


def _drop(path: tuple[Any, ...]) -> Callable[[State], object]:
    return lambda state: _at(state, path[:-1]).pop(path[-1])


def _apply(*changes: Callable[[State], object]) -> Callable[[State], object]:
    def change(state: State) -> None:
        for each in changes:
            each(state)

    return change


def _rename(path: tuple[Any, ...], name: str, value: Any) -> Callable[[State], object]:
    """Replace the key at `path` by `name` with `value`, at the same place."""

    def change(state: State) -> None:
        owner = _at(state, path[:-1])
        entries = [(name, value) if key == path[-1] else (key, each) for key, each in owner.items()]
        owner.clear()
        owner.update(entries)

    return change


def _of_machine(machine: State) -> Found:
    if "TimeoutSeconds" in machine:
        yield "timeout dropped", "the machine: TimeoutSeconds", _drop(("TimeoutSeconds",))
        for value in (machine["TimeoutSeconds"] * 10, machine["TimeoutSeconds"] // 10):
            yield "timeout changed", "the machine: TimeoutSeconds", _set(("TimeoutSeconds",), value)
    for name in machine["States"]:
        if name != machine["StartAt"]:
            yield "next rewired", "the machine: StartAt", _set(("StartAt",), name)
    for name, state in machine["States"].items():
        if state["Type"] == "Task" and "Catch" not in state and state.get("End"):
            catch = [{"ErrorEquals": ["States.ALL"], "Next": "Go on"}]
            yield (
                "catch swallows",
                f"{name}: Catch",
                _apply(
                    _set(("States", name, "Catch"), catch), _set(("States", "Go on"), {"Type": "Pass", "End": True})
                ),
            )


def _of_state(name: str, state: State, machine: State) -> Found:
    for operator, keys in _LOST.items():
        for key in keys.split():
            if key in state:
                yield operator, key, _drop((key,))
    if seconds := state.get("TimeoutSeconds"):
        for value in (seconds * 10, max(1, seconds // 100)):
            yield "timeout changed", "TimeoutSeconds", _set(("TimeoutSeconds",), value)
    if isinstance(path := state.get("ResultPath"), str):
        yield "result path changed", "ResultPath", _set(("ResultPath",), path + ".result")
        yield "result path changed", "ResultPath", _set(("ResultPath",), "$")
    elif "ResultPath" in state:
        yield "result path changed", "ResultPath", _set(("ResultPath",), "$.object")
    yield from _of_errors(state, machine)
    yield from _of_ways(name, state, machine)
    yield from _of_paths(state)
    if state["Type"] == "Map":
        yield from _of_map(state)


def _of_errors(state: State, machine: State) -> Found:
    for number, retry in enumerate(state.get("Retry", ())):
        yield "retry widened", "Retry", _set(("Retry", number, "ErrorEquals"), ["States.ALL"])
        for error in retry["ErrorEquals"] if len(retry["ErrorEquals"]) > 1 else ():
            rest = [each for each in retry["ErrorEquals"] if each != error]
            yield "retry narrowed", f"Retry {error}", _set(("Retry", number, "ErrorEquals"), rest)
        for attempts in (0, retry.get("MaxAttempts", 3) * 10):
            yield "retry's attempts changed", "Retry", _set(("Retry", number, "MaxAttempts"), attempts)
    for number, catch in enumerate(state.get("Catch", ())):
        yield "catch narrowed", "Catch", _set(("Catch", number, "ErrorEquals"), ["States.Timeout"])
        if "ResultPath" in catch:
            yield "catch's result path dropped", "Catch ResultPath", _drop(("Catch", number, "ResultPath"))
        ends = dict.fromkeys([state.get("Next"), *_succeeding(machine)])
        for next_ in [each for each in ends if each not in (catch["Next"], None)]:
            yield "catch swallows", "Catch", _set(("Catch", number, "Next"), next_)


def _succeeding(machine: State) -> list[str]:
    return [name for name, state in machine["States"].items() if state["Type"] == "Succeed"]


def _of_ways(name: str, state: State, machine: State) -> Found:
    names = [each for each in machine["States"] if each != name]
    for key in ("Next", "Default"):
        if key in state:
            for other in names:
                yield "next rewired", key, _set((key,), other)
            if state["Type"] in ("Task", "Map", "Pass"):
                yield "end too early", key, _rename((key,), "End", True)
    for number, choice in enumerate(state.get("Choices", ())):
        for test, value in choice.items():
            if isinstance(value, bool):
                yield "choice inverted", f"Choices {test}", _set(("Choices", number, test), not value)
            elif _NEGATED.get(test):
                yield (
                    "choice inverted",
                    f"Choices {test}",
                    _rename(("Choices", number, test), _NEGATED[test] or "", value),
                )
        if "Default" in state:

            def swap(state: State, number: int = number) -> None:
                choice = state["Choices"][number]
                state["Default"], choice["Next"] = choice["Next"], state["Default"]

            yield "choice inverted", "Choices and Default", swap
    if state["Type"] == "Fail":
        yield "failure ends well", "Type", _succeed


def _succeed(state: State) -> None:
    state.clear()
    state["Type"] = "Succeed"


def _of_paths(state: State) -> Found:
    for block in ("Parameters", "ItemSelector", "ResultSelector"):
        leaves = list(_leaves(state.get(block, {}), (block,)))
        for path, value in leaves:
            what = ".".join(map(str, path))
            if path[-1].endswith(".$"):
                yield "path made a literal", what, _rename(path, path[-1][:-2], value)
                yield "path nested", what, _set(path, value + ".value")
                cut = value.rpartition(".")[0]
                if cut.strip("$"):
                    yield "path nested", what, _set(path, cut)
                for other, value_of_other in leaves:
                    if other[:-1] == path[:-1] and other[-1].endswith(".$") and value_of_other != value:
                        yield "paths swapped", f"{what} and {other[-1]}", _swap(path, other)
            elif value and isinstance(value, str) and not value.startswith("${"):
                yield "literal changed", what, _set(path, value + "s")
            yield "parameter dropped", what, _drop(path)
    for key in ("ErrorPath", "CausePath", "MaxConcurrencyPath", "InputPath", "OutputPath", "ItemsPath"):
        if isinstance(value := state.get(key), str):
            yield "path nested", key, _set((key,), value + ".value")
    for key in ("ErrorPath", "CausePath"):
        if key in state:
            yield "path made a literal", key, _rename((key,), key[:-4], state[key])


def _swap(path: tuple[Any, ...], other: tuple[Any, ...]) -> Callable[[State], object]:
    def change(state: State) -> None:
        owner = _at(state, path[:-1])
        owner[path[-1]], owner[other[-1]] = owner[other[-1]], owner[path[-1]]

    return change


def _leaves(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, (*path, key))
    else:
        yield path, value


def _of_map(state: State) -> Found:
    for key in {"MaxConcurrency", "MaxConcurrencyPath"} & state.keys() or {"MaxConcurrency"}:
        for value in (0, 1, 40):
            change = _rename((key,), "MaxConcurrency", value) if key in state else _set((key,), value)
            yield "concurrency changed", key, change
    for key, value in (("ToleratedFailurePercentage", 100), ("ToleratedFailureCount", 10)):
        yield "failures tolerated", key, _set((key,), value)
    if "ItemsPath" in state:
        for cut in ("[1:]", "[0:9]", "[0]"):
            yield "list of the map cut", "ItemsPath", _set(("ItemsPath",), state["ItemsPath"] + cut)
