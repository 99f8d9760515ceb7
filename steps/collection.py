"""Collects .feature files as they are: each is a module of its scenarios, and its tags are marks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pytest_bdd import scenarios

from steps.gherkin import faults


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A feature file is collected like a test module."""
    if file_path.suffix != ".feature":
        return None
    return FeatureFile.from_parent(parent, path=file_path)


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
