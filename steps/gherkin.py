"""What would silently be lost between a feature file and its run, found before anything runs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gherkin.errors import CompositeParserException
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

_KEYWORD = re.compile(r"\w+( \w+)?:( |$)")
_TYPES = {"Context": "given", "Action": "when", "Outcome": "then"}


def faults(file: Path) -> list[str]:
    """Each thing in a feature file that would be lost or be taken for another, with its line.

    Scenarios of one name, of which all but one are lost; a misspelt keyword, which makes its block a description; steps
    that no definition matches, or more than one.
    """
    try:
        document: Any = Parser().parse(file.read_text("utf-8"))
    except CompositeParserException as invalid:
        return [str(error) for error in invalid.errors]
    feature = document.get("feature")
    return (
        [*_descriptions(feature), *_same_names(feature), *_steps(document, file)] if feature else ["no Feature in it"]
    )


def unused(files: Iterable[Path]) -> list[str]:
    """The step definitions that no step of these feature files uses, as `given "..." in module`."""
    steps = {(kind, text) for file in files for kind, text in _steps_of(Parser().parse(file.read_text("utf-8")), file)}
    return sorted(
        f'{found.type} "{found.parser.name}" in {found.step_func.__module__}'
        for found in step_function_context_registry.values()
        if not any(_matches(found, kind, text) for kind, text in steps)
    )


def _blocks(feature: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The scenarios and backgrounds, those inside rules too."""
    for child in feature["children"]:
        ((_, block),) = child.items()
        yield block
        yield from _blocks(block) if "children" in block else ()


def _descriptions(feature: dict[str, Any]) -> Iterator[str]:
    blocks = list(_blocks(feature))
    examples = [each for block in blocks for each in block.get("examples", ())]
    for block in (feature, *blocks, *examples):
        for line in filter(None, map(str.strip, block["description"].splitlines())):
            if _KEYWORD.match(line) or "steps" in block:
                where = f"line {block['location']['line']}: under {block['keyword']}: {block['name']}"
                yield f"{where} stands what is neither keyword nor step: {line!r}"


def _same_names(feature: dict[str, Any]) -> Iterator[str]:
    named = Counter(block["name"] for block in _blocks(feature) if block["keyword"].startswith("Scenario"))
    yield from (f"{count} scenarios are named {name!r}" for name, count in named.items() if count > 1)


def _steps(document: dict[str, Any], file: Path) -> Iterator[str]:
    for kind, text in dict.fromkeys(_steps_of(document, file)):
        found = [each for each in step_function_context_registry.values() if _matches(each, kind, text)]
        if len(found) != 1:
            defined = " and ".join(f'"{each.parser.name}"' for each in found) or "nothing"
            yield f"{kind} {text!r} is defined by {defined}"


def _steps_of(document: Any, file: Path) -> Iterator[tuple[str, str]]:
    """(given, when or then; text) of each step as it runs, an outline's once for each example."""
    named: Any = {**document, "uri": str(file)}
    for pickle in Compiler().compile(named):
        yield from ((_TYPES[step["type"]], step["text"]) for step in pickle["steps"])


def _matches(definition: StepFunctionContext, kind: str, text: str) -> bool:
    return definition.type in (None, kind) and definition.parser.is_matching(text)
