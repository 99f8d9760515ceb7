"""The benchmark of whole sessions gives no figure for one that did not work."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.conftest import Benchmark


def test_a_session_that_does_not_run_gives_no_figure(benchmark: Benchmark, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    ran = benchmark("session", "--runs=1", f"--against={other}")
    assert ran.exit == 1, ran
    assert f"in {other}" in ran.output
    assert ran.report == {}
