"""Runs the acceptance as a user does: in a process of its own, judged by its exit code and verdict.json."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from defects import sessions
from steps.paths import ROOT as ROOT
from steps.suite.reports import left_in


@dataclass(frozen=True)
class Session:
    """An acceptance session that has ended."""

    exit: int
    output: str
    verdict: dict[str, Any] = field(repr=False)

    def items(self, status: str) -> set[str]:
        """The lines in scope of that status."""
        return {id for id in self.verdict["scope"] if self.verdict["items"][id]["status"] == status}

    def __repr__(self) -> str:
        return f"a session with exit code {self.exit}\n{self.output}"


Accept = Callable[..., Session]


def command(reports: Path, *arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--reports={reports}", *map(str, arguments)]


def environment() -> dict[str, str]:
    """Our own variables without those of the outer pytest."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


@pytest.fixture
def accept(tmp_path: Path) -> Accept:
    def run(*arguments: str | Path, mark: tuple[str, ...] = ("-m", "local"), cwd: Path = ROOT) -> Session:
        reports = tmp_path / "reports"
        output = tmp_path / "output.txt"
        session = sessions.begin(command(reports, *mark, *arguments)[3:], output, cwd)
        session.join(240)
        assert session.exitcode is not None, f"the session did not end within 240 s\n{output.read_text()}"
        file = left_in(reports)
        verdict = json.loads(file.read_text("utf-8")) if file.exists() else {}
        return Session(session.exitcode, output.read_text(), verdict)

    return run
