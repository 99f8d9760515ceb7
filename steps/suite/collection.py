"""Collects feature files, and rejects every part of one that would silently not run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from gherkin.errors import CompositeParserException
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler
from pytest_bdd import scenarios
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

from steps.explained_error import explain
from steps.paths import FEATURES
from steps.suite.marks import PARTS_OF_RELEASE, RELEASE, find_mark

_KEYWORD = re.compile(r"\w+( \w+)?:( |$)")
_TYPES = {"Context": "given", "Action": "when", "Outcome": "then"}


def faults(file: Path) -> list[str]:
    """Return the mistakes in a feature file by which a part of it would be lost or misread.

    They are: scenarios of the same name, of which only one would run; a misspelt keyword, which turns its block into a
    description; steps matched by no step definition or by several.
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
    """Yield backgrounds, scenarios and rules, and the blocks inside rules."""
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
    """Yield (given, when or then; text) of each step as it runs, for an outline once per example."""
    named: Any = {**document, "uri": str(file)}
    for pickle in Compiler().compile(named):
        yield from ((_TYPES[step["type"]], step["text"]) for step in pickle["steps"])


def _matches(definition: StepFunctionContext, kind: str, text: str) -> bool:
    return definition.type in (None, kind) and definition.parser.is_matching(text)


COLLECTED = pytest.StashKey[list[pytest.Item]]()
"""Stash key of all scenarios, in the order of their collection."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a feature file like a test module."""
    if file_path.suffix != ".feature":
        return None
    return FeatureFile.from_parent(parent, path=file_path)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep each scenario, before a plug-in deselects or reorders some, and mark those of a release.

    -k finds a scenario by its lines of the checklist, or its requirements beyond it.
    """
    if isinstance(item.parent, FeatureFile):
        item.config.stash.setdefault(COLLECTED, []).append(item)
        if any(map(item.get_closest_marker, PARTS_OF_RELEASE)):
            item.add_marker(RELEASE)
        item.extra_keyword_matches |= {*claimed_ids(item)}
        told = {(mark.name, mark.args[0]) for mark in item.iter_markers() if mark.name in _CLAIMS}
        item.user_properties += sorted(told)  # in JUnit's XML, too


def _is_of_own_file(item: pytest.Item, *, wanted: bool) -> bool:
    return not isinstance(item.parent, FeatureFile) or (item.get_closest_marker("own-file") is not None) == wanted


_CLAIMS = ("checklist", "requirement")
"""Tags by which a scenario claims a line of the checklist, or a requirement beyond it: @checklist:ID."""


def claimed_ids(item: pytest.Item) -> list[str]:
    """Return the ids of the lines and requirements that a scenario answers, each once."""
    return list(dict.fromkeys(mark.args[0] for name in _CLAIMS for mark in item.iter_markers(name)))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the scenario of --file, or without it the others, and of these those of the ids that --item names.

    Raises UsageError for an id that no scenario answers, and in a folder that has no features.
    """
    folder, is_meant = config.invocation_params.dir, config.option.item or find_mark(config)
    if is_meant and COLLECTED not in config.stash and folder not in (config.rootpath, FEATURES):
        raise pytest.UsageError(
            explain(f"No feature is in the folder {folder}.", remedy=f"start pytest in {config.rootpath}")
        )
    is_wanted = partial(_is_of_own_file, wanted=bool(config.option.file))
    config.hook.pytest_deselected(items=[item for item in items if not is_wanted(item)])
    items[:] = filter(is_wanted, items)
    if not (wanted := {id.strip().upper() for told in config.option.item for id in told.split(",")}):
        return
    answered = {id for item in items for id in claimed_ids(item)}
    if unknown := sorted(wanted - answered):
        near = get_close_matches(unknown[0], sorted(answered), n=3, cutoff=0.5)
        raise pytest.UsageError(
            explain(
                f"No scenario answers {', '.join(unknown)}.",
                evidence=f"the nearest: {', '.join(near) or 'none'}",
                remedy="name a line as features/checklist.toml does: --item=AUR-03",
            )
        )
    others = [item for item in items if wanted.isdisjoint(claimed_ids(item))]
    items[:] = [item for item in items if not wanted.isdisjoint(claimed_ids(item))]
    config.hook.pytest_deselected(items=others)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Sort scenarios into the order of the features, after every plug-in that sorts or shuffles tests.

    Phases build on each other: files run in the order of their paths, scenarios in their order within the file.
    """
    collected = session.config.stash.get(COLLECTED, [])
    places = {item: (item.path, place) for place, item in enumerate(collected)}
    others = [item for item in session.items if item not in places]
    session.items[:] = [*others, *sorted(filter(places.__contains__, session.items), key=places.__getitem__)]


class FeatureFile(pytest.Module):
    """A module that holds the scenarios of one feature file and nothing else."""

    def _getobj(self) -> ModuleType:
        if found := faults(self.path):
            raise self.CollectError("\n".join([f"Parts of {self.path.name} would not run as they read:", *found]))
        module = ModuleType(self.path.stem)
        module.__file__ = str(self.path)
        bind: dict[str, Any] = vars(module) | {"scenarios": scenarios, "path": str(self.path)}
        exec(compile("scenarios(path)", str(self.path), "exec"), bind)  # scenarios() fills its caller's namespace
        vars(module).update({name: value for name, value in bind.items() if name.startswith("test_")})
        return module


def pytest_bdd_apply_tag(tag: str, function: Callable[..., Any]) -> bool | None:
    """Turn @checklist:ID and @requirement:ID into the marks checklist(ID) and requirement(ID).

    Any other tag has to be a declared mark.
    """
    name, _, value = tag.partition(":")
    if name in _CLAIMS and value:
        getattr(pytest.mark, name)(value)(function)
        return True
    return None
