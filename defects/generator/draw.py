"""Draws mutants of a pipeline by a seed, evenly over operators and, within each, over places."""

from __future__ import annotations

import ast
import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

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


def draw(
    sources: Mapping[str, str], changes: Iterable[Change], seed: int, count: int, *, lawful: bool = False
) -> list[Change]:
    """Draw `count` of the changes that are readable, or all; the same seed draws the same.

    Faults are different, too; a lawful change may be a comment.
    """
    fits = is_readable if lawful else changes_meaning
    dice = random.Random(seed)
    left: dict[tuple[str, str], dict[str, list[Change]]] = {}
    for change in changes:
        left.setdefault((change.layer, change.operator), {}).setdefault(change.place, []).append(change)
    drawn: list[Change] = []
    while left and len(drawn) < count:
        for operator in dice.sample(sorted(left), len(left)):
            if len(drawn) == count:
                break
            taken = _take_next(sources, left[operator], dice, fits)
            drawn += [taken] if taken else []
            if not left[operator]:
                del left[operator]
    return drawn


def _take_next(
    sources: Mapping[str, str],
    places: dict[str, list[Change]],
    dice: random.Random,
    fits: Callable[[Mapping[str, str], Change], bool],
) -> Change | None:
    """Take a change of a place that has not been taken from, or else of any, that fits."""
    while places:
        place = dice.choice(sorted(places))
        change = places[place].pop(dice.randrange(len(places[place])))
        if not places[place]:
            del places[place]
        if fits(sources, change):
            return change
    return None


def is_readable(sources: Mapping[str, str], change: Change) -> bool:
    """True if each changed file is still JSON, YAML or Python; such a mutant can at least be given to a deployment."""
    return _parse_all(apply(sources, change)) is not None


def changes_meaning(sources: Mapping[str, str], change: Change) -> bool:
    """True if the change is readable, and says something else: another way of quoting or of line breaks is no fault."""
    made = apply(sources, change)
    meanings = _parse_all(made)
    return meanings is not None and meanings != _parse_all({file: sources[file] for file in made})


def _parse_all(texts: Mapping[str, str]) -> list[object] | None:
    try:
        return [_parse(file, text) for file, text in texts.items()]
    except (ValueError, SyntaxError, yaml.YAMLError):
        return None


@lru_cache(maxsize=64)
def _parse(file: str, text: str) -> object:
    match file.rpartition(".")[2]:
        case "json":
            return json.loads(text)
        case "yaml":
            return _values(yaml.compose(text))
        case "py":
            compile(text, file, "exec")  # refuses more than the parser does, such as a return outside of a function
            return ast.dump(ast.parse(text))
        case _:
            return text


def _values(node: yaml.Node | None) -> object:
    """Return the tags and values below a YAML node, without its style and its place in the file."""
    match node:
        case yaml.MappingNode():
            return node.tag, {str(_values(key)): _values(value) for key, value in node.value}
        case yaml.SequenceNode():
            return node.tag, [_values(each) for each in node.value]
        case _:
            return node and (node.tag, node.value)
