"""Collects .feature files as they are: each is a module of its scenarios, and its tags are marks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pytest_bdd import scenarios

from steps.gherkin import faults

COLLECTED = pytest.StashKey[list[pytest.Item]]()
"""Every scenario in the order of its collection."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A feature file is collected like a test module."""
    if file_path.suffix != ".feature":
        return None
    return FeatureFile.from_parent(parent, path=file_path)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keeps each scenario, before any plug-in deselects some or changes their order."""
    if isinstance(item.parent, FeatureFile):
        item.config.stash.setdefault(COLLECTED, []).append(item)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Puts scenarios into the order of the features, after every plug-in that sorts or shuffles tests.

    Phases build on each other: files go by their paths, the scenarios of one by their places in it.
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
    """@checklist:ID becomes the mark checklist(ID); any other tag has to be a declared mark."""
    name, _, value = tag.partition(":")
    if name == "checklist" and value:
        pytest.mark.checklist(value)(function)
        return True
    return None
