"""The benchmark of the reconciliation finds what it has spoilt itself, and docs/performance.md shows all figures."""

from __future__ import annotations

from benchmarks.acceptance import ITSELF
from benchmarks.performance import page
from tests.benchmarks.conftest import Benchmark

AT = {"cores": 2, "cpu": "C", "system": "S", "python": "3.11", "date": "2026-01-01"}
SPREAD = {"median": 0.72, "least": 0.7, "most": 0.8}


def test_the_wrong_ones_are_named_with_what_it_took(benchmark: Benchmark) -> None:
    ran = benchmark("reconciliation", "--records=2000")
    assert ran.exit == 0, ran
    assert ran.report["fates"] == {"applied": 1997, "altered": 1, "lost": 1, "doubled": 1}
    assert len(ran.report["wrong"]) == 3
    assert 0 < ran.report["megabytes"] < 300


def test_the_page_shows_what_is_wanted_beside_what_was_found() -> None:
    size = {
        **dict.fromkeys(
            ("window", "upload_to_end", "records_per_second", "ceiling_records_per_second", "ratio"), SPREAD
        ),
        **{"records": 1_000_000, "kind": "unique", "chunks": 200, "memory_mb": 80, "payload_bytes": 9, "events": 9},
        "workers": 4,
    }
    lines = list(
        page(
            {
                **{"machine": AT, "phases": {"start": SPREAD}, "wall": SPREAD, ITSELF: SPREAD},
                "checks": {"quick": {"median": 0.05}, "slow": {"median": 0.25}},
            },
            {"machine": AT, "sizes": [size]},
            {"machine": AT, "records": 10, "seconds": 1, "cpu_seconds": 1, "megabytes": 90, "wrong": ["U00001"]},
        )
    )
    assert "| ratio at 1,000,000 unique records | 68% | 85% at least | 72.0% | **no** |" in lines
    assert "| chunks at once |  | 5 | 4 | **no** |" in lines
    assert "| memory | 470 MB | 300 MB at most | 90 MB | yes |" in lines
    assert "| start | 0.72 | 0.70 | 0.80 |" in lines
    assert "| slow | 0.25 |" in lines
    assert not any("quick" in line for line in lines)
