"""The embedded AWS starts while pytest still collects, and leaves pytest alone meanwhile."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.conftest import ROOT, command, environment
from tests.steps.suite.test_collection import folder as folder  # the fixture
from tests.steps.suite.test_collection import session

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


def test_a_module_of_pythons_own_that_pythonpath_shadows_is_named(tmp_path: Path):
    shadow = shutil.copy(shlex.__file__, tmp_path)
    done = subprocess.run(
        command(tmp_path / "reports", "-m", "local"),
        cwd=ROOT,
        env=environment() | {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
    assert f"PYTHONPATH shadows modules of Python's own.\n  evidence: shlex is {shadow}" in done.stderr
    assert "remedy: unset PYTHONPATH" in done.stderr
