"""Scenarios that do not come to their end: nothing has passed that was not seen to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.steps.suite.conftest import NOWHERE, session

FEATURE = """
@local
Feature: F

  @checklist:FIL-01
  Scenario: Is well
    Then it holds

  @checklist:FIL-02
  Scenario: Is interrupted
    Given it is prepared
    Then it holds

  @checklist:FIL-03
  Scenario: Is not reached
    Then it holds
"""
STEPS = """
import os
import signal

import pytest
from pytest_bdd import given, then

def told_to_end(name):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    os.kill(os.getpid(), name)
    signal.pause()

HOW = {{
    "SIGINT": lambda: told_to_end(signal.SIGINT),
    "SIGTERM": lambda: told_to_end(signal.SIGTERM),
    "pytest.exit": lambda: pytest.exit("enough", returncode=0),
    "SystemExit": lambda: exit(0),
}}

def at(when):
    if when == "{when}":
        HOW["{how}"]()

@given("it is prepared", target_fixture="prepared")
def prepared(request):
    request.getfixturevalue("around")
    at("step")

@pytest.fixture(autouse=True)
def around(request):
    is_theirs = "is_interrupted" in request.node.name
    if is_theirs:
        at("set-up")
    yield
    if is_theirs:
        at("tear-down")

@then("it holds")
def holds():
    pass
"""
INTERRUPTED = ("not-checked", "interrupted")


@pytest.mark.parametrize(
    ("how", "when", "wanted"),
    [
        ("SIGINT", "step", INTERRUPTED),
        ("SIGTERM", "tear-down", INTERRUPTED),
        ("pytest.exit", "set-up", INTERRUPTED),
        ("SystemExit", "tear-down", ("broken", "SystemExit: 0")),
    ],
)
def test_a_scenario_that_is_interrupted_has_not_passed(folder: Path, how: str, when: str, wanted: tuple[str, str]):
    items = run(folder, STEPS.format(how=how, when=when))
    assert items["FIL-01"]["status"] == "passed"
    assert (items["FIL-02"]["status"], items["FIL-02"]["reason"].partition("\n")[0]) == wanted
    assert [each["status"] for each in items["FIL-02"]["scenarios"]] == [wanted[0]]


def test_a_scenario_of_which_only_the_fixtures_are_set_up_has_not_passed(folder: Path):
    items = run(folder, STEPS.format(how="SIGINT", when="never"), "--setup-only")
    assert {items[id]["status"] for id in ("FIL-01", "FIL-02", "FIL-03")} == {"not-checked"}
    assert items["FIL-01"]["reason"] == "its steps have not come to their end"


def run(folder: Path, steps: str, *arguments: str) -> dict[str, dict[str, Any]]:
    """The lines of the verdict on these steps."""
    (folder / "some.feature").write_text(FEATURE)
    (folder / "conftest.py").write_text(steps)
    done = session("--no-limits", *NOWHERE, *arguments, folder, reports=folder / "reports")
    (file,) = (folder / "reports").rglob("verdict.json")
    verdict = json.loads(file.read_text("utf-8"))
    assert (verdict["verdict"], verdict["complete"]) == ("UNKNOWN", False), done.stdout
    items: dict[str, dict[str, Any]] = verdict["items"]
    return items
