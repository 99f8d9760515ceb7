"""Runs a benchmark as a person does, and a PostgreSQL with the pipeline's tables for what needs no pipeline."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local_aws.postgres.server import Postgres

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


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="benchmarks-"))
    with Postgres(folder) as postgres:
        yield postgres
    shutil.rmtree(folder)


@pytest.fixture
def database_url(server: Postgres) -> Iterator[str]:
    """A database with the pipeline's tables, which ends with the test."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE measured")
        url = server.url.rpartition("/")[0] + "/measured"
        with psycopg.connect(url, autocommit=True) as fresh:
            fresh.execute((ROOT / "sql" / "schema.sql").read_bytes())
        yield url
        connection.execute("DROP DATABASE measured (FORCE)")
