"""Formats the figures of the throughput benchmark as text tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks import wanted
from benchmarks.report import bar


def table(at: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Return the lines of the table for one size."""
    worker: dict[str, dict[str, float]] = found["workers_time_per_chunk"]
    longest = max(spread["median"] for spread in worker.values())
    return [
        "",
        f"{found['records']:,} {found['kind']} records, {found['chunks']} chunks, {found['workers']} at once, "
        f"{len(found['rounds'])} rounds",
        f"{at['cores']} cores, {at['cpu']}, Python {at['python']}, {at['date']}",
        "",
        f"{'':<26}{'median':>9} {'least':>9} {'most':>9}",
        _row("pipeline, records/s", found["records_per_second"], ",.0f"),
        _row("ceiling, records/s", found["ceiling_records_per_second"], ",.0f"),
        _row("psql alone, records/s", found["psql_records_per_second"], ",.0f"),
        _row("ratio", found["ratio"], ".1%"),
        "seconds",
        _row("  upload to end", found["upload_to_end"], ".2f"),
        *(_row(f"  {step}", spread, ".2f") for step, spread in found["steps"].items()),
        _row("  the Map's window", found["window"], ".2f"),
        "a worker's time, ms a chunk",
        *(
            _row(f"  {part}", {name: value * 1000 for name, value in spread.items()}, ".1f")
            + f"  {bar(spread['median'] / longest)}"
            for part, spread in worker.items()
        ),
        f"cold starts among the chunks: {found['cold_starts']}; a Lambda's memory: at most {found['memory_mb']} MB; "
        f"the ceiling's client used {found['ceiling_client_cpu']['median']:.0%} of one core",
        f"events in the history: {found['events']:,}; largest payload of a state: {found['payload_bytes']:,} bytes",
    ]


def closing_lines(measured: Sequence[dict[str, Any]]) -> list[str]:
    """The lines about all sizes: the growth of time, and the wanted values."""
    grown = [f"time to the power of {power:.2f} from {sizes}" for sizes, power in wanted.exponents(measured).items()]
    return ["", *grown, *map(str, wanted.checks(measured))]


def _row(what: str, spread: dict[str, float], form: str) -> str:
    return f"{what:<26}" + " ".join(f"{spread[name]:>9{form}}" for name in ("median", "least", "most"))
