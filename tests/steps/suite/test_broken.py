"""An error that nobody has foreseen keeps its traceback; one that says all by itself does without."""

from __future__ import annotations

import json
from pathlib import Path

from steps.suite.reports import left_in
from tests.steps.suite.conftest import NOWHERE, session

FEATURE = """
@local
Feature: F

  @checklist:FIL-01
  Scenario: Breaks unforeseen
    Then it breaks

  @checklist:FIL-02
  Scenario: Breaks and says why
    Then it breaks and says why
"""
STEPS = """
import pytest
from pytest_bdd import then
from steps.targets.environment import EnvironmentBroken

@pytest.fixture
def broken() -> None:
    grown_while_walked()

def grown_while_walked() -> None:
    names = {1}
    for name in names:
        names.add(name + 1)

@then("it breaks")
def breaks(broken: None) -> None:
    pass

@then("it breaks and says why")
def says_why() -> None:
    raise EnvironmentBroken("It is gone.")
"""


def test_the_place_where_an_unforeseen_error_arose_is_in_the_terminal_the_verdict_and_the_report(folder: Path):
    (folder / "some.feature").write_text(FEATURE)
    (folder / "conftest.py").write_text(STEPS)
    done = session("--no-limits", *NOWHERE, folder, reports=folder)
    items = json.loads(left_in(folder).read_text("utf-8"))["items"]
    assert "RuntimeError: Set changed size during iteration\n  evidence: raised at" in items["FIL-01"]["reason"]
    assert items["FIL-01"]["reason"].endswith(f"{folder / 'conftest.py'}:12, in grown_while_walked")
    assert "for name in names:" in done.stdout, done.stdout
    results = [file.read_text("utf-8") for file in left_in(folder).with_name("allure-results").glob("*-result.json")]
    assert any("grown_while_walked" in result for result in results)
    assert items["FIL-02"]["reason"] == "EnvironmentBroken: It is gone."
    assert "raise EnvironmentBroken" not in done.stdout
