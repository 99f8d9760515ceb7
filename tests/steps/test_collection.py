"""Feature files as they are collected."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.acceptance.conftest import ROOT, command, environment


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder inside the project, where its conftest.py holds, and outside of what git tracks."""
    with TemporaryDirectory(dir=ROOT / "reports") as folder:
        yield Path(folder)


def session(*arguments: str | Path, reports: Path) -> subprocess.CompletedProcess[str]:
    line = [*command(reports, "-m", "local"), *map(str, arguments)]
    return subprocess.run(line, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("tag", "says"),
    [
        ("@checklist:XYZ-99", "claims XYZ-99, which the checklist does not have"),
        ("@chekclist", "'chekclist' not found in `markers`"),
    ],
)
def test_a_tag_that_nobody_knows_is_an_error(folder: Path, tag: str, says: str):
    (folder / "some.feature").write_text(
        f"@local\nFeature: F\n\n  {tag}\n  Scenario: S\n    When the file is delivered\n"
    )
    done = session("-k", "nothing", folder, reports=folder)
    assert done.returncode not in (0, 5)
    assert says in done.stdout + done.stderr


def test_every_scenario_is_collected_under_its_own_file(tmp_path: Path):
    done = session("--collect-only", "-q", reports=tmp_path)
    written = sum(
        line.strip().startswith("Scenario:")
        for file in (ROOT / "features").rglob("*.feature")
        if (text := file.read_text("utf-8")).startswith("@local\n")
        for line in text.splitlines()
    )
    assert len([line for line in done.stdout.splitlines() if ".feature::" in line]) == written
