"""The database: the checklist's questions, each a file under sql/ that people can run by hand too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

_ROWS_AT_A_TIME = 10_000


@dataclass(frozen=True)
class Answer:
    """Whether the database let somebody in, and what it said."""

    well: bool
    said: str


class Unreachable(Exception):
    """There is no session on the database, or no more."""


class Database:
    """PostgreSQL, asked by file name; a file in an earlier folder stands before one of the same name in a later."""

    def __init__(
        self, url: str, folders: list[Path], application_name: str = "acceptance", *, test_users: int = 100
    ) -> None:
        """Opens a session in which sql/ speaks of so many test users; raises Unreachable."""
        self._folders, self._url, self._name, self._test_users = folders, url, application_name, test_users
        self._connection = self._opened()

    def _opened(self) -> psycopg.Connection[dict[str, Any]]:
        try:
            connection = psycopg.connect(
                self._url, autocommit=True, row_factory=dict_row, application_name=self._name, connect_timeout=10
            )
            connection.execute("SELECT set_config('acceptance.users', %s, false)", [str(self._test_users)])
        except psycopg.OperationalError as refused:
            raise Unreachable(f"The database does not answer.\n  evidence: {refused}") from refused
        return connection

    def reopen(self) -> None:
        """Opens another session in place of one that the server may have ended; raises Unreachable."""
        self._connection.close()
        self._connection = self._opened()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, question: str, **values: Any) -> list[dict[str, Any]]:
        """The rows that sql/{question}.sql answers; `values` fill its %(name)s places. Raises Unreachable."""
        try:
            cursor = self._connection.execute(self._text(question), values or None)
        except psycopg.OperationalError as broken:
            if not self._connection.broken:
                raise
            raise Unreachable(f"The database has ended the session.\n  evidence: {broken}") from broken
        return cursor.fetchall() if cursor.description else []

    def each(self, question: str, **values: Any) -> Iterator[dict[str, Any]]:
        """The rows of `ask` one after the other, for answers that would fill the memory."""
        with self._connection.transaction(), self._connection.cursor(name="each") as rows:
            rows.itersize = _ROWS_AT_A_TIME
            yield from rows.execute(self._text(question), values or None)

    def number(self, question: str, **values: Any) -> int:
        """The single number that sql/{question}.sql answers."""
        (row,) = self.ask(question, **values)
        (number,) = row.values()
        return int(number)

    def tell(self, statement: str, **values: Any) -> None:
        """Runs sql/{statement}.sql, all of it in one transaction; `values` fill its %(name)s places."""
        with self._connection.transaction():
            self._connection.execute(self._text(statement), values or None)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is done within the block is undone after it, and nobody else ever sees it."""
        with self._connection.transaction(force_rollback=True):
            yield

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is done within the block is done at its end, all of it or nothing."""
        with self._connection.transaction():
            yield

    def _text(self, name: str) -> bytes:
        found = next(path for folder in self._folders if (path := folder / f"{name}.sql").is_file())
        return found.read_bytes()

    @staticmethod
    def answer(url: str, credentials: dict[str, str]) -> Answer:
        """What the server at `url` says to somebody who comes with these credentials: username and password."""
        user, password = credentials.get("username"), credentials.get("password")
        try:
            with psycopg.connect(url, user=user, password=password, connect_timeout=10) as connection:
                (version,) = connection.execute("SHOW server_version").fetchone() or ("nothing",)
        except psycopg.OperationalError as error:
            return Answer(False, str(error).strip())
        return Answer(True, f"PostgreSQL {version}")

    def close(self) -> None:
        """Ends the session with the server."""
        self._connection.close()
