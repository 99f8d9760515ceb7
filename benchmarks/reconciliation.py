"""Measures how long the suite takes to reconcile many records with the stores, with a few spoilt records among them."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import psycopg

from benchmarks.machine import machine
from benchmarks.report import BenchmarkError, Progress, write
from benchmarks.workload import Workload
from local_aws.postgres.server import Postgres
from steps.drivers.activity_file import ActivityFile
from steps.drivers.postgres import Database
from steps.paths import ROOT
from steps.results.reconciliation import Chunk, Stores, reconcile
from steps.run.delivery import read_counts

SQL = ROOT / "sql"
SECONDS, MEGABYTES = 8, 300
"""The limits for reconciling a million records."""
_CHUNKS = 200
_SPOILT = {
    "altered": "UPDATE user_statistics SET login_count = login_count + 1 WHERE user_id = %s",
    "lost": "DELETE FROM user_statistics WHERE user_id = %s",
    "doubled": "UPDATE user_statistics SET login_count = login_count * 2, post_count = post_count * 2"
    " WHERE user_id = %s",
}


class Reconciled(NamedTuple):
    """Cost and result of one reconciliation with its reading: the number of each fate, and texts of the wrong ones."""

    seconds: float
    cpu_seconds: float
    megabytes: int
    fates: dict[str, int]
    wrong: list[str]


def run(records: int, reports: Path) -> int:
    """Measure, print and store the reconciliation; return 1 above the limits.

    Raises BenchmarkError unless exactly the spoilt records are found.
    """
    at, progress, work = machine(), Progress(), Workload.of(records)
    positive = [user for user, logins, posts in work.records if logins and posts]
    spoilt = dict(zip(_SPOILT, positive, strict=False))
    with _postgres() as url, TemporaryDirectory() as folder:
        file = Path(folder) / "activity.csv"
        file.write_bytes(work.csv())
        _fill(url, work, spoilt)
        progress.say(f"{records:,} records and their statistics, {len(spoilt)} of them spoilt")
        # In a process of its own, so that its peak memory is that of the reconciliation alone.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            found = pool.submit(reconciled, url, file, records).result()
    missed = [user for fate, user in spoilt.items() if not any(f"{user}: {fate}" in each for each in found.wrong)]
    if missed or len(found.wrong) != len(spoilt):
        raise BenchmarkError(f"Not what was spoilt was found.\n  evidence: {spoilt}; found {found.wrong[:5]}")
    took = f"{found.seconds:.1f} s ({found.cpu_seconds:.1f} s of CPU) and {found.megabytes} MB"
    print(f"{records:,} records reconciled in {took}: {found.fates}")
    print("\n".join(f"  {each}" for each in found.wrong))
    print(f"wanted: {SECONDS} s and {MEGABYTES} MB for 1,000,000")
    report: dict[str, Any] = {"machine": at, "records": records, **found._asdict()}
    print(f"\n{write(reports, 'reconciliation', report)}")
    return int(found.seconds > SECONDS or found.megabytes > MEGABYTES)


def reconciled(url: str, path: Path, records: int) -> Reconciled:
    """Reconcile the file with the statistics, reading both as the suite does."""
    began = time.monotonic()
    file = ActivityFile.read(path)
    with Database(url, [SQL]) as database:
        after = read_counts(database, file.users)
    plan = [(chunk, size) for chunk, size in enumerate(_sizes(records), start=1)]
    told = [Chunk(chunk, size, 0) for chunk, size in plan]
    fates = reconcile(Stores(file.records, {}, after, plan, [], told, [], told))
    counts, wrong = dict(fates.counts), [str(fate) for fate in fates.wrong]
    return Reconciled(round(time.monotonic() - began, 2), round(time.process_time(), 2), _peak(), counts, wrong)


def _peak() -> int:
    """The peak memory of this process in MB. Linux's ru_maxrss has that of the process it was forked from, too."""
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text("ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024**2


def _sizes(records: int) -> Iterator[int]:
    size = max(10, -(-records // _CHUNKS))
    return (min(size, records - first) for first in range(0, records, size))


def _fill(url: str, work: Workload, spoilt: dict[str, str]) -> None:
    """Store the sums of the records as statistics, then spoil some; users are not needed, so no foreign key."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute((SQL / "schema.sql").read_bytes())
        connection.execute("ALTER TABLE user_statistics DROP CONSTRAINT user_statistics_user_id_fkey")
        with connection.cursor().copy("COPY user_statistics (user_id, login_count, post_count) FROM STDIN") as copy:
            copy.write(work.sums())
        for fate, user in spoilt.items():
            connection.execute(_SPOILT[fate], [user])


@contextmanager
def _postgres() -> Iterator[str]:
    with TemporaryDirectory(prefix="benchmark-") as folder, Postgres(Path(folder)) as server:
        yield server.url
