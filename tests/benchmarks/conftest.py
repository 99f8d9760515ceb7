"""Runs a benchmark as a person does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ran:
    """A benchmark that has ended."""

    exit: int
    output: str
    report: dict[str, Any] = field(repr=False)


Benchmark = Callable[..., Ran]


@pytest.fixture
def benchmark(tmp_path: Path) -> Benchmark:
    def run(name: str, *options: str) -> Ran:
        reports = tmp_path / "reports"
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks", name, f"--reports={reports}", *options],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        file = reports / f"bench-{name}.json"
        return Ran(
            done.returncode, done.stdout + done.stderr, json.loads(file.read_text("utf-8")) if file.exists() else {}
        )

    return run
