"""The command line of the mutants."""

from __future__ import annotations

import subprocess
import sys

from mutants import catalogue
from mutants.catalogue import ROOT


def test_a_defect_that_is_not_there_is_said_beside_those_that_are():
    line = [sys.executable, "-m", "mutants", "--defect", "no/such"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "There is no defect no/such" in done.stderr
    assert next(catalogue.FOLDER.glob("*/*.toml")).stem in done.stderr
