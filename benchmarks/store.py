"""Prepares PostgreSQL before each measurement, always in the same state, and checks the sums by SQL after it."""

from __future__ import annotations

import psycopg
from psycopg import sql

from benchmarks.report import BenchmarkError
from benchmarks.workload import Workload, users

PIPELINE, CEILING = "public", "benchmark"
"""The schemas of the two tables user_statistics: the pipeline's and the ceiling's."""

_SCHEMA = """
CREATE SCHEMA benchmark;
CREATE TABLE benchmark.user_statistics (LIKE public.user_statistics INCLUDING ALL);
ALTER TABLE benchmark.user_statistics ADD FOREIGN KEY (user_id) REFERENCES public.users;
CREATE TABLE benchmark.wanted (user_id text PRIMARY KEY, logins bigint NOT NULL, posts bigint NOT NULL);
"""
_WRONG = """
SELECT user_id, total.login_count, total.post_count, wanted.logins, wanted.posts
FROM {schema}.user_statistics AS total FULL JOIN benchmark.wanted USING (user_id)
WHERE (total.login_count, total.post_count) IS DISTINCT FROM (wanted.logins, wanted.posts)
ORDER BY user_id LIMIT 3
"""


class WrongSums(BenchmarkError):
    """The statistics are not the sums of the records, so that the measured time is meaningless."""


class Store:
    """The database shared by the pipeline and the ceiling; the benchmark may replace its users and statistics."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(url, autocommit=True, application_name="benchmark")
        self._connection.execute(_SCHEMA)
        # Autovacuum runs once a minute and would disturb some measurements; `reset` vacuums before each one.
        self._connection.execute("ALTER SYSTEM SET autovacuum = off")
        self._connection.execute("SELECT pg_reload_conf()")

    def register(self, count: int) -> None:
        """Replace all users by `count` new ones."""
        self._connection.execute("TRUNCATE public.users CASCADE")
        self._copy("public.users (user_id, username, email)", users(count))

    def expect(self, work: Workload) -> None:
        """Store the sums of `work` as those that `prove` expects."""
        self._connection.execute("TRUNCATE benchmark.wanted")
        self._copy("benchmark.wanted", work.sums())

    def reset(self) -> None:
        """Create the state in which each measurement begins: no statistics, no pending clean-up or write-back.

        TRUNCATE removes dead rows and full index pages of other rounds. VACUUM ANALYZE removes the dead rows that the
        chunks' staging tables leave in the system catalogue, and gives the planner statistics of the users. CHECKPOINT
        keeps a later checkpoint, and the full-page images after it, from slowing down a single measurement.
        """
        self._connection.execute(
            "TRUNCATE public.user_statistics, benchmark.user_statistics, public.chunk_plan, public.rejected_records"
        )
        self._connection.execute("VACUUM (ANALYZE)")
        self._connection.execute("CHECKPOINT")

    def prove(self, schema: str) -> None:
        """Raise WrongSums, naming up to three users, unless `schema`.user_statistics equals the expected sums."""
        wrong = self._connection.execute(sql.SQL(_WRONG).format(schema=sql.Identifier(schema))).fetchall()
        if wrong:
            users = "; ".join(
                f"{user}: {(logins, posts)} instead of {tuple(rest)}" for user, logins, posts, *rest in wrong
            )
            raise WrongSums(
                f"{schema}.user_statistics is not what the records add up to, so there is no figure.\n"
                f"  evidence: {users}\n  remedy: run the acceptance, pytest -m local, which says where it goes wrong"
            )

    def _copy(self, table: str, rows: bytes) -> None:
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            copy.write(rows)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
