"""Reruns, by the plug-in that people use for them: they make nothing green."""

from __future__ import annotations

import json
from pathlib import Path

from steps.suite.reports import left_in
from tests.steps.suite.conftest import NOWHERE, session

FEATURE = """
@local
Feature: F

  @checklist:FIL-01
  Scenario: Passes when it is asked again
    Then it holds the second time

  @checklist:FIL-02
  Scenario: Passes
    Then it holds
"""
STEPS = """
from itertools import count
from pytest_bdd import then
from steps.suite.finding import Finding

asked = count(1)

@then("it holds the second time")
def holds_the_second_time(finding: Finding) -> None:
    finding.equal(next(asked), 2, "users-counted")

@then("it holds")
def holds(finding: Finding) -> None:
    finding.equal(1, 1, "users-counted")
"""


def test_a_retry_that_passes_stays_failed_and_is_named_flaky(folder: Path):
    (folder / "some.feature").write_text(FEATURE)
    (folder / "conftest.py").write_text(STEPS)
    done = session("--reruns=2", "--no-limits", *NOWHERE, folder, reports=folder)
    assert "1 rerun" in done.stdout, done.stdout + done.stderr
    items = json.loads(left_in(folder).read_text("utf-8"))["items"]
    assert [items[id]["status"] for id in ("FIL-01", "FIL-02")] == ["failed", "passed"]
    assert [items[id]["scenarios"][0]["flaky"] for id in ("FIL-01", "FIL-02")] == [True, False]
    assert items["FIL-01"]["reason"].startswith("flaky: it passed when it was run again, attempt 2")
    assert items["FIL-01"]["got"] == "1 test user counted; 2 test users counted"
    assert not list(folder.rglob("history.jsonl"))
