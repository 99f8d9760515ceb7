"""Measures the pipeline's throughput relative to the ceiling on the same PostgreSQL, alternating both in one run."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.ceiling import Ceiling, ceiling, merge_by_psql
from benchmarks.machine import machine
from benchmarks.pipeline import Pipeline, Processed, deployed
from benchmarks.report import BenchmarkError, Progress, Spread, write
from benchmarks.store import CEILING, PIPELINE, Store
from benchmarks.tables import closing_lines, table
from benchmarks.workload import KINDS, UNIQUE, Workload
from steps.targets.system import SystemUnderTest

WARM_UP = 200
"""Number of records: enough chunks to start the processes of all workers, too few to fill any table."""


@dataclass(frozen=True)
class Round:
    """The measurements of pipeline, ceiling and psql for the same records, taken directly after each other.

    psql: seconds of COPY and merge by psql alone.
    """

    pipeline: Processed
    ceiling: Ceiling
    psql: float

    @property
    def ratio(self) -> float:
        """The pipeline's records per second, within the Map state, divided by the ceiling's."""
        return self.ceiling.seconds / self.pipeline.window


def run(folder: Path, sizes: list[int], users: int, rounds: int, reports: Path) -> int:
    """Measure the pipeline in `folder`, print and store the figures; raises BenchmarkError if a result is wrong.

    The largest of `sizes` is measured with every kind of workload, the others only with unique users. `users`: number
    of registered users; raised to the number of records if it is smaller.
    """
    registered = max(users, *sizes)
    works = [(size, UNIQUE) for size in sizes] + [(max(sizes), kind) for kind in KINDS if kind != UNIQUE]
    at, progress, system = machine(), Progress(), SystemUnderTest(folder.resolve())
    measured = []
    with deployed(system, progress) as place, closing(Store(place.database_url)) as store:
        pipeline = Pipeline(place, progress)
        store.register(registered)
        progress.say(f"{registered:,} users registered")
        _processed(pipeline, store, Workload.of(WARM_UP, among=registered))
        progress.say(f"warm, after {WARM_UP} records")
        for size, kind in works:
            work = Workload.of(size, kind, registered)
            measured.append(figures(work, _rounds(work, rounds, pipeline, store, progress)))
            print("\n".join(table(at, measured[-1])), flush=True)
    print("\n".join(closing_lines(measured)))
    report = {"machine": at, "system_under_test": {"dir": str(folder), "sha256": system.sha256()}, "sizes": measured}
    print(f"\n{write(reports, 'throughput', report)}")
    return 0


def _rounds(work: Workload, rounds: int, pipeline: Pipeline, store: Store, progress: Progress) -> list[Round]:
    """Alternate the order of pipeline and ceiling, so that drift (caches, CPU clock, other load) favours neither."""
    done: list[Round] = []
    for number in range(rounds):
        if number % 2 == 0:
            processed = _processed(pipeline, store, work)
            best = _ceiling(store, work, processed.chunks)
        else:  # the plan of a size is always the same, which is checked below
            best = _ceiling(store, work, done[0].pipeline.chunks)
            processed = _processed(pipeline, store, work)
        done.append(Round(processed, best, _by_psql(store, work)))
        if processed.chunks != done[0].pipeline.chunks:
            raise BenchmarkError("The pipeline has cut the same file in two ways, so the ceiling had other chunks.")
        progress.say(
            f"{len(work.records):,} {work.kind} records, round {number + 1} of {rounds}: {processed.window:.2f} s, "
            f"ceiling {best.seconds:.2f} s, ratio {done[-1].ratio:.1%}, psql {done[-1].psql:.2f} s"
        )
    return done


def _processed(pipeline: Pipeline, store: Store, work: Workload) -> Processed:
    store.expect(work)
    store.reset()
    processed = pipeline.process(work.csv())
    store.prove(PIPELINE)
    return processed


def _ceiling(store: Store, work: Workload, sizes: list[int]) -> Ceiling:
    chunks = work.chunks(sizes)
    store.expect(work)
    store.reset()
    best = ceiling(store.url, chunks)
    store.prove(CEILING)
    return best


def _by_psql(store: Store, work: Workload) -> float:
    records = work.chunks([len(work.records)])
    store.reset()
    seconds = merge_by_psql(store.url, records)
    store.prove(CEILING)
    return seconds


def figures(work: Workload, rounds: list[Round]) -> dict[str, Any]:
    """The figures of one size: rates in records per second, times in seconds, a worker's time in seconds per chunk."""
    size, chunks = len(work.records), len(rounds[0].pipeline.chunks)
    ran = [round.pipeline for round in rounds]
    return {
        "records": size,
        "kind": work.kind,
        "chunks": chunks,
        "records_per_second": asdict(Spread.of(size / p.window for p in ran)),
        "ceiling_records_per_second": asdict(Spread.of(size / round.ceiling.seconds for round in rounds)),
        "psql_records_per_second": asdict(Spread.of(size / round.psql for round in rounds)),
        "ratio": asdict(Spread.of(round.ratio for round in rounds)),
        "window": asdict(Spread.of(p.window for p in ran)),
        "upload_to_end": asdict(Spread.of(p.upload_to_end for p in ran)),
        "steps": {name: asdict(Spread.of(p.steps[name] for p in ran)) for name in ran[0].steps},
        "workers_time_per_chunk": {
            "lambda": asdict(Spread.of(p.lambdas / chunks for p in ran)),
            "invoking": asdict(Spread.of((p.tasks - p.lambdas) / chunks for p in ran)),
            "between tasks": asdict(Spread.of((p.window * p.workers - p.tasks) / chunks for p in ran)),
            "ceiling": asdict(Spread.of(round.ceiling.seconds * ran[0].workers / chunks for round in rounds)),
        },
        "workers": max(p.workers for p in ran),
        "cold_starts": sum(p.cold_starts for p in ran),
        "memory_mb": max(p.memory_mb for p in ran),
        "payload_bytes": max(p.payload_bytes for p in ran),
        "events": max(p.events for p in ran),
        "ceiling_client_cpu": asdict(Spread.of(round.ceiling.client_cpu for round in rounds)),
        "rounds": [
            {"pipeline": {**asdict(r.pipeline), "chunks": chunks}, "ceiling": asdict(r.ceiling), "psql": r.psql}
            for r in rounds
        ],
    }
