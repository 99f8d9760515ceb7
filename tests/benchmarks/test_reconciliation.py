"""The benchmark of the reconciliation finds what it has spoilt itself."""

from __future__ import annotations

from tests.benchmarks.conftest import Benchmark


def test_the_wrong_ones_are_named_with_what_it_took(benchmark: Benchmark) -> None:
    ran = benchmark("reconciliation", "--records=2000")
    assert ran.exit == 0, ran
    assert ran.report["fates"] == {"applied": 1997, "altered": 1, "lost": 1, "doubled": 1}
    assert len(ran.report["wrong"]) == 3
    assert 0 < ran.report["megabytes"] < 300
