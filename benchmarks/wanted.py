"""Compares the measured throughput with the wanted values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log
from typing import Any, NamedTuple

from benchmarks.workload import UNIQUE

MILLION = 1_000_000
LINEAR_FROM = 10_000
"""Number of records from which time has to grow linearly; there are 40 chunks from 400 records on, up to a million."""


class Check(NamedTuple):
    """A wanted value, the measured one, and whether the requirement holds."""

    what: str
    wanted: str
    found: str
    holds: bool

    def __str__(self) -> str:
        return f"{'ok' if self.holds else 'NO'}  {self.what}: {self.found}, wanted {self.wanted}"


def checks(measured: Sequence[dict[str, Any]]) -> list[Check]:
    """Return all checks that the measured sizes allow; checks of other sizes are left out."""
    at_a_million = [each for each in measured if (each["records"], each["kind"]) == (MILLION, UNIQUE)]
    memory = max(each["memory_mb"] for each in measured)
    payload = max(each["payload_bytes"] for each in measured)
    events = max(each["events"] for each in measured)
    workers = max(each["workers"] for each in measured)
    grown = exponents(measured)
    return [
        *(
            Check("ratio at 1,000,000 records", "70 % at least", f"{ratio:.1%}", ratio >= 0.7)
            for each in at_a_million
            if (ratio := each["ratio"]["median"])
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
