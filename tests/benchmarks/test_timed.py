"""A command that fails has no figure."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.report import BenchmarkError
from benchmarks.timed import measure


def test_a_command_that_fails_has_no_figure(tmp_path: Path) -> None:
    assert measure([sys.executable, "-c", "pass"], tmp_path) > 0
    with pytest.raises(BenchmarkError, match="ended with 3"):
        measure([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)
