"""The benchmark of the acceptance tells where the time goes, and that a session went wrong."""

from __future__ import annotations

import pytest

from tests.benchmarks.conftest import Benchmark


def test_a_session_that_is_not_go_fails_the_benchmark_and_is_still_told(benchmark: Benchmark) -> None:
    ran = benchmark("acceptance", "--runs=1", "--", "--after-deploy=exit 3")
    assert ran.exit == 1, ran
    assert ran.report["verdicts"] == ["UNKNOWN"]
    assert "ended with 3" in ran.output
    phases = {name: spread["median"] for name, spread in ran.report["phases"].items()}
    assert {"start", "deploy"} <= phases.keys()
    assert sum(phases.values()) == pytest.approx(ran.report["wall"]["median"], abs=0.05)
