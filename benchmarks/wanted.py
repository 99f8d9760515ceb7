"""Compares the measured throughput with the wanted values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log
from typing import Any, NamedTuple

from benchmarks.workload import LONG, SKEWED, UNIQUE

MILLION = 1_000_000
RATIOS = {
    (10_000, UNIQUE): (0.17, 0.3),
    (MILLION, UNIQUE): (0.68, 0.85),
    (MILLION, SKEWED): (0.81, 0.9),
    (MILLION, LONG): (0.65, 0.8),
}
"""The share of the ceiling by records and kind: what it was in November 2026, and what is wanted at least."""
LINEAR_FROM = 10_000
"""Number of records from which time has to grow linearly; what a chunk costs whatever its size outweighs fewer."""


class Check(NamedTuple):
    """A wanted value, the measured one, whether the requirement holds, and the value before, if known.

    `holds` is None if nothing was measured.
    """

    what: str
    wanted: str
    found: str
    holds: bool | None
    before: str = ""

    def __str__(self) -> str:
        return f"{'ok' if self.holds else 'NO'}  {self.what}: {self.found}, wanted {self.wanted}"


def checks(measured: Sequence[dict[str, Any]]) -> list[Check]:
    """Return all checks that the measured sizes allow; checks of other sizes are left out."""
    memory = max(each["memory_mb"] for each in measured)
    payload = max(each["payload_bytes"] for each in measured)
    events = max(each["events"] for each in measured)
    workers = max(each["workers"] for each in measured)
    grown = exponents(measured)
    return [
        *(
            Check(
                f"ratio at {each['records']:,} {each['kind']} records",
                f"{least:.0%} at least",
                f"{got:.1%}",
                got >= least,
                f"{before:.0%}",
            )
            for each in measured
            for before, least in [RATIOS.get((each["records"], each["kind"]), (0, 0))]
            if least and (got := each["ratio"]["median"])
        ),
        *(
            Check("time grows as records to the power of", "1.1 at most", f"{most:.2f}", most <= 1.1)
            for most in [max(grown.values(), default=None)]
            if most is not None
        ),
        Check("a Lambda's memory", "under 256 MB", f"{memory} MB", memory < 256),
        Check("largest payload of a state", "under 262,144 bytes", f"{payload:,} bytes", payload < 262_144),
        Check("events in a history", "under 25,000", f"{events:,}", events < 25_000),
        Check("chunks at once", "5", str(workers), workers == 5),
    ]


def exponents(measured: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The exponents by which the time of the Map state grows from one size to the next, from 10,000 records on."""
    sizes = sorted(
        (each["records"], each["window"]["median"])
        for each in measured
        if each["kind"] == UNIQUE and each["records"] >= LINEAR_FROM
    )
    return {
        f"{few:,} to {many:,}": round(log(longer / shorter) / log(many / few), 3)
        for (few, shorter), (many, longer) in pairwise(sizes)
    }
