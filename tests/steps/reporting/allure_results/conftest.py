"""A short session of scenarios that need no target: what it leaves behind is what these tests look at."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from steps.suite.reports import left_in
from tests.acceptance.conftest import ROOT, command, environment
from tests.steps.reporting.allure_results.planted import VARIABLES

HERE = Path(__file__).parent
Run = Callable[..., "Leavings"]


@dataclass(frozen=True)
class Leavings:
    """The exit code of a session, its output, its folder of reports, and its results by scenario."""

    exit: int
    output: str
    reports: Path
    results: dict[str, dict[str, Any]]

    @property
    def folder(self) -> Path:
        return self.reports / "allure-results"

    def attached(self, step: dict[str, Any]) -> dict[str, str]:
        """The attachments of a step by name."""
        return {each["name"]: (self.folder / each["source"]).read_text("utf-8") for each in step["attachments"]}


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """Results by name, those of an Outline also by its parameters."""
    told = [json.loads(file.read_text("utf-8")) for file in folder.glob("*-result.json")]
    return {" ".join([each["name"], *(p["value"] for p in each.get("parameters", ()))]): each for each in told}


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs scenarios.gherkin in a folder of the project, where its conftest.py holds."""
    with TemporaryDirectory(dir=ROOT / "reports") as folder:
        copyfile(HERE / "scenarios.gherkin", Path(folder) / "scenarios.feature")
        copyfile(HERE / "scenario_steps.py", Path(folder) / "conftest.py")

        def ran(*arguments: str) -> Leavings:
            reports = tmp_path_factory.mktemp("reports")
            done = subprocess.run(
                command(reports, "--target=embedded", folder, *arguments),
                cwd=ROOT,
                env=environment() | VARIABLES,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            written = left_in(reports).parent
            results = read(written / "allure-results")
            return Leavings(done.returncode, done.stdout + done.stderr, written, results)

        yield ran


@pytest.fixture(scope="session")
def left(run: Run) -> Leavings:
    """Run the whole of scenarios.gherkin."""
    left = run()
    assert len(left.results) == 9, left.output
    return left
