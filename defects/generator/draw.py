"""Draws mutants of a pipeline by a seed, evenly over operators and, within each, over places."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping

import yaml

from defects.generator import python, sql, state_machine, templates
from defects.generator.change import Change, apply, identify


def find_changes(sources: Mapping[str, str]) -> list[Change]:
    """Return every change that the operators know for these sources, each with its id, in a fixed order."""
    return identify(sources, [change for file, text in sources.items() for change in _changes(file, text)])


def _changes(file: str, text: str) -> Iterator[Change]:
    match file.rpartition(".")[2]:
        case "json":
            yield from state_machine.changes(file, text)
        case "yaml":
            yield from templates.changes(file, text)
        case "sql":
            yield from sql.find_schema_changes(file, text)
        case _:
            yield from sql.find_statement_changes(file, text)
            yield from python.changes(file, text)


def draw(sources: Mapping[str, str], changes: Iterable[Change], seed: int, count: int) -> list[Change]:
    """Draw `count` of the changes whose files can still be read, or all; the same seed draws the same."""
    dice = random.Random(seed)
    left: dict[tuple[str, str], dict[str, list[Change]]] = {}
    for change in changes:
        left.setdefault((change.layer, change.operator), {}).setdefault(change.place, []).append(change)
    drawn: list[Change] = []
    while left and len(drawn) < count:
        for operator in dice.sample(sorted(left), len(left)):
            if len(drawn) == count:
                break
            taken = _next(sources, left[operator], dice)
            drawn += [taken] if taken else []
            if not left[operator]:
                del left[operator]
    return drawn


def _next(sources: Mapping[str, str], places: dict[str, list[Change]], dice: random.Random) -> Change | None:
    """Take a change of a place that has not been taken from, or else of any, and whose files can be read."""
    while places:
        place = dice.choice(sorted(places))
        change = places[place].pop(dice.randrange(len(places[place])))
        if not places[place]:
            del places[place]
        if is_readable(sources, change):
            return change
    return None


def is_readable(sources: Mapping[str, str], change: Change) -> bool:
    """True if each changed file is still JSON, YAML or Python; such a mutant can at least be given to a deployment."""
    try:
        for file, text in apply(sources, change).items():
            match file.rpartition(".")[2]:
                case "json":
                    json.loads(text)
                case "yaml":
                    yaml.compose(text)
                case "py":
                    compile(text, file, "exec")
    except (ValueError, SyntaxError, yaml.YAMLError):
        return False
    return True
