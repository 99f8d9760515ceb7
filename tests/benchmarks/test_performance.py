"""docs/performance.md shows all figures, and all that is wanted beside what was found."""

from __future__ import annotations

from benchmarks.acceptance import ITSELF
from benchmarks.performance import page
from benchmarks.processes import GROUPS
from benchmarks.session import PEAK

AT = {"cores": 2, "cpu": "C", "system": "S", "python": "3.11", "date": "2026-01-01"}
SPREAD = {"median": 0.72, "least": 0.7, "most": 0.8}


def test_the_page_shows_what_is_wanted_beside_what_was_found() -> None:
    def of(median: float) -> dict[str, float]:
        return {"median": median}

    size = {
        **dict.fromkeys(("window", "upload_to_end", "ratio"), SPREAD),
        **dict.fromkeys((f"{each}records_per_second" for each in ("", "ceiling_", "psql_")), SPREAD),
        **{"records": 1_000_000, "kind": "unique", "chunks": 200, "memory_mb": 80, "payload_bytes": 9, "events": 9},
        "workers": 4,
        "workers_time_per_chunk": {"lambda": of(0.0123), "ceiling": of(0.01)},
    }
    lines = list(
        page(
            {
                **{"machine": AT, "phases": {"start": SPREAD}, "wall": SPREAD, ITSELF: SPREAD},
                "checks": {"quick": {"median": 0.05}, "slow": {"median": 0.25}},
            },
            {"machine": AT, "sizes": [size]},
            {"machine": AT, "records": 10, "seconds": 1, "cpu_seconds": 1, "megabytes": 90, "wrong": ["U00001"]},
            more={
                "session": {"machine": AT, "figures": {PEAK: {"here": of(700), "before": of(650)}}},
                "catalogue": {"machine": AT, "minutes": 9.8},
                "profile": {"machine": AT, "profiles": {"a": {"run": {"seconds": 2.0, **dict.fromkeys(GROUPS, 0.5)}}}},
                "side-by-side": {
                    "machine": AT,
                    "found": [{"sessions": 2, "walls": [20.04, 30], "whole": 30.2, "throughput": 1.31}],
                },
            },
        )
    )
    assert "| ratio at 1,000,000 unique records | 68% | 85% at least | 72.0% | **no** |" in lines
    assert "| chunks at once |  | 5 | 4 | **no** |" in lines
    assert "| memory | 470 MB | 300 MB at most | 90 MB | yes |" in lines
    assert "| 1,000,000 | unique | 12.3 | 10.0 |" in lines
    assert "| start | 0.72 | 0.70 | 0.80 |" in lines
    assert "| slow | 0.25 |" in lines
    assert not any("quick" in line for line in lines)
    assert f"| {PEAK} | 650 | 650 at most | 700 | **no** |" in lines
    assert "| python -m defects, 2 at a time, min | 19 | 10 at most | 9.8 | yes |" in lines
    assert "| .ci/run, clean checkout, min | 15 | 9 at most | not measured |  |" in lines
    assert "| run | 2.00 | 0.50 | 0.50 | 0.50 | 0.50 | 0.50 | 62% |" in lines
    assert "| 2 | 20.0, 30.0 | 30.2 | 1.31 |" in lines
