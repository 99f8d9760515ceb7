"""Sessions of features that a test writes, and what such features need."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.acceptance.conftest import ROOT, run_forked

NOWHERE = ("--target=endpoint", "--endpoint-url=http://127.0.0.1:9", "--database-url=postgresql://127.0.0.1:9/any")
"""Scenarios that ask nothing of a target start none."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder inside the project, where its conftest.py holds, and outside of what git tracks."""
    with TemporaryDirectory(dir=ROOT / "reports") as folder:
        yield Path(folder)


def session(*arguments: str | Path, reports: Path) -> subprocess.CompletedProcess[str]:
    return run_forked(reports, "-m", "local", *arguments)
