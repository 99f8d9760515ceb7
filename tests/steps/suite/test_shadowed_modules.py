"""A session refuses a PYTHONPATH that shadows modules of Python's own."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.conftest import ROOT, command, environment


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
