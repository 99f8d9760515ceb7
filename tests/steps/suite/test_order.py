"""The phases of a session come in the order of the features, whatever else has a say in the order of tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.steps.suite.conftest import NOWHERE, session
from tests.steps.suite.test_rerun import STEPS

FEATURE = """
@local
Feature: F

  Scenario: Zebra
    Then it holds

  Scenario: Ant
    Then it holds
"""
FEATURES = ("1_precondition/b.feature", "1_precondition/c.feature", "2_prepare/a.feature")
BACKWARDS = """
import pytest

class Backwards:
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items):
        yield
        items.reverse()

def pytest_configure(config):
    config.pluginmanager.register(Backwards())  # last, and so with the last word, as --ff and --nf are
"""


@pytest.mark.parametrize("plugin", ["", BACKWARDS])
def test_scenarios_run_in_the_order_of_the_features(folder: Path, plugin: str):
    (folder / "conftest.py").write_text(STEPS + plugin)
    for feature in FEATURES:
        (folder / feature).parent.mkdir(exist_ok=True)
        (folder / feature).write_text(FEATURE)
    paths = [folder] if plugin else [folder / "2_prepare", folder / "1_precondition"]
    done = session("-v", "--no-limits", *NOWHERE, *paths, reports=folder / "reports")
    ran = re.findall(r"([12]_\w+/\w\.feature)::test_(\w+) PASSED", done.stdout)
    assert ran == [(feature, name) for feature in FEATURES for name in ("zebra", "ant")], done.stdout
