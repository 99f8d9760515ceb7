"""PostgreSQL before and after a measurement: the same state for everybody, and the sums proven by SQL."""

from __future__ import annotations

import psycopg
from psycopg import sql

from benchmarks.report import BenchmarkError
from benchmarks.workload import Workload, users

PIPELINE, CEILING = "public", "benchmark"
"""The schemas of the user_statistics that the pipeline fills, and of the one that the ceiling fills."""

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
    """Some user's statistics are not what the records add up to, so that how fast they were made means nothing."""


class Store:
    """The database that the pipeline and the ceiling share; its users and statistics are the benchmark's alone."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(url, autocommit=True, application_name="benchmark")
        self._connection.execute(_SCHEMA)
        # It comes once a minute, into somebody's time; `reset` does its work for everybody.
        self._connection.execute("ALTER SYSTEM SET autovacuum = off")
        self._connection.execute("SELECT pg_reload_conf()")

    def register(self, count: int) -> None:
        """Makes so many users the only ones."""
        self._connection.execute("TRUNCATE public.users CASCADE")
        self._copy("public.users (user_id, username, email)", users(count))

    def expect(self, work: Workload) -> None:
        """From now on, the sums of `work` are the ones that are wanted."""
        self._connection.execute("TRUNCATE benchmark.wanted")
        self._copy("benchmark.wanted", work.sums())

    def reset(self) -> None:
        """The state in which each measurement begins: no statistics, nothing left to clean up or to write back.

        TRUNCATE, so that no dead row or full index page of another round is met. VACUUM ANALYZE, since the staging
        tables of all chunks leave dead rows in the catalogue, and since the planner should know the users. CHECKPOINT,
        since its writing would fall into somebody's time, and the full page images after it would too.
        """
        self._connection.execute(
            "TRUNCATE public.user_statistics, benchmark.user_statistics, public.chunk_plan, public.rejected_records"
        )
        self._connection.execute("VACUUM (ANALYZE)")
        self._connection.execute("CHECKPOINT")

    def prove(self, schema: str) -> None:
        """Raises WrongSums, with up to three users, unless `schema`.user_statistics is exactly what is wanted."""
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
        """Ends the session with the server."""
        self._connection.close()
