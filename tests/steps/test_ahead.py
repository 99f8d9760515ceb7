"""The embedded AWS starts while pytest still collects, and leaves pytest alone meanwhile."""

from __future__ import annotations

import json
from pathlib import Path

from tests.steps.test_collection import folder as folder  # the fixture
from tests.steps.test_collection import session

FEATURE = """
@local
Feature: F

  @checklist:FIL-01
  Scenario: Holds
    Then it holds
"""
# Imported after the project's own conftest.py, by which the embedded AWS has been told to start.
WATCHING = """
import json, threading
from pathlib import Path
import psutil
from pytest_bdd import then

threads = [each.name for each in threading.enumerate()]
children = [each.cmdline() for each in psutil.Process().children()]
Path(__file__).with_name("seen.json").write_text(json.dumps([threads, children]))

@then("it holds")
def holds() -> None:
    pass
"""


def test_it_starts_in_no_thread_of_pytests_process_whose_plugins_are_still_registered(folder: Path):
    (folder / "some.feature").write_text(FEATURE)
    (folder / "conftest.py").write_text(WATCHING)
    done = session(folder, reports=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    threads, children = json.loads((folder / "seen.json").read_text("utf-8"))
    assert threads == ["MainThread"]
    assert any("local_aws" in command for command in children)
