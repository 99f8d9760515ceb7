"""A module run in a fork: its arguments, variables, outputs and status are those of a program of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from steps.targets.forked import run_forked

PROGRAM = """
import os, sys

print(sys.argv[1:], dict(os.environ), "ゆ")
print("no", file=sys.stderr)
sys.exit(int(sys.argv[1]))
"""


@pytest.mark.parametrize("status", [0, 3])
def test_it_is_as_a_program_of_its_own(status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd):
    (tmp_path / "a_program.py").write_text(PROGRAM, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    before = dict(os.environ)
    done = run_forked("a_program", [str(status)], {"ONLY": "this"})
    assert (done.returncode, done.stderr) == (status, "no\n")
    assert done.stdout == f"{[str(status)]} {{'ONLY': 'this'}} ゆ\n"
    assert os.environ == before
    assert capfd.readouterr() == ("", "")


def test_one_that_breaks_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "broken_program.py").write_text("raise OSError('broken')", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    done = run_forked("broken_program", [], {})
    assert done.returncode == 1
    assert "OSError: broken" in done.stderr
