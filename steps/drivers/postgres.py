"""The database: runs the checklist's SQL files under sql/, which people can also run by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn

import psycopg
from psycopg.rows import dict_row, tuple_row

from steps.diagnoses.ids import Diagnosis
from steps.drivers.users import User, session_settings
from steps.explained_error import ExplainedError

_ROWS_AT_A_TIME = 10_000


@dataclass(frozen=True)
class Answer:
    """The result of a login to the database: success, and the server's message."""

    well: bool
    said: str


class SqlRefused(ExplainedError):
    """A file under sql/ cannot be used: PostgreSQL rejects it, or it returns the wrong rows or columns."""

    diagnosis = Diagnosis.SQL_REFUSED

    def __init__(self, file: Path, evidence: str, line: str | None = None) -> None:
        at = f", line {line}," if line else ""
        super().__init__(
            f"{file}{at} cannot be used.",
            evidence=evidence,
            remedy="mend this file; one under sql/ in the pipeline's folder goes before the suite's own",
        )


def file_of(name: str, folders: Iterable[Path]) -> Path:
    """The path of {name}.sql in the first of `folders` that has it."""
    return next(path for folder in folders if (path := folder / f"{name}.sql").is_file())


def run(
    connection: psycopg.Connection[Any],
    file: Path,
    values: Mapping[str, Any] | None = None,
    folders: Iterable[Path] = (),
) -> psycopg.Cursor[Any]:
    """Execute the file and return the cursor at its last result. Raises SqlRefused with the line PostgreSQL names.

    `folders`: where the queries are that it refers to.
    """
    with _refusals_of(file):
        cursor = connection.execute(_read_with_includes(file, [*folders]), values)
        while cursor.nextset():
            pass
        return cursor


@contextmanager
def _refusals_of(file: Path) -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError:  # the server's fault, not the file's
        raise
    except psycopg.Error as refused:
        line = re.search(r"^LINE (\d+):", str(refused), re.MULTILINE)
        told, table = refused.diag.message_primary or str(refused), refused.diag.table_name
        if line is None:  # what PostgreSQL refuses is a row
            tables = [table] if table else dict.fromkeys(_WRITTEN.findall(file.read_text("utf-8", "replace")))
            told += f" (the file writes {', '.join(tables)})" if tables else ""
        raise SqlRefused(file, told, line and line[1]) from refused


_WRITTEN = re.compile(r"^\s*(?:INSERT INTO|UPDATE|DELETE FROM|COPY)\s+(\w+)", re.MULTILINE)
"""The tables to which a file writes."""


def _read_with_includes(file: Path, folders: Sequence[Path]) -> bytes:
    """The text of the file, each {name} replaced by the query in {name}.sql, if there is such a file.

    A % in that is doubled, since a file that refers to another one has parameters of its own.
    """

    def query(match: re.Match[bytes]) -> bytes:
        known = (path for folder in folders if (path := folder / f"{match[1].decode()}.sql").is_file())
        text = next((path.read_bytes() for path in known), None)
        return match[0] if text is None else _as_subquery(text).replace(b"%", b"%%")

    return re.sub(rb"\{(\w+)\}", query, file.read_bytes())


def _as_subquery(text: bytes) -> bytes:
    return text.strip().rstrip(b";") + b"\n"


class Row(dict[str, Any]):
    """A row by column; raises SqlRefused for a column that the file does not return."""

    def __init__(self, values: Mapping[str, Any], file: Path) -> None:
        super().__init__(values)
        self._file = file

    def __missing__(self, column: str) -> NoReturn:
        raise SqlRefused(self._file, f"it answers no column {column}, but {', '.join(self)}")


class Unreachable(ExplainedError):
    """No session on the database can be opened, or the server has ended it."""


def wake(url: str, say: Callable[[str], None], *, usual: int = 10, patience: int = 60) -> None:
    """Wait for a cluster that is paused at 0 ACU: it resumes at the first connection, within 15 to 30 seconds.

    `say` is told of a server that does not answer within `usual` seconds, and how long it took, at most `patience`
    seconds more. A server that refuses, or still does not answer, is for the next connection to report.
    """
    began = monotonic()
    with suppress(psycopg.OperationalError):
        try:
            psycopg.connect(url, connect_timeout=usual).close()
        except psycopg.errors.ConnectionTimeout:
            say(f"the database has not answered for {usual} s: it may be paused at 0 ACU, and is given time to resume")
            psycopg.connect(url, connect_timeout=patience).close()
            say(f"the database answered after {monotonic() - began:.0f} s, as one does that was paused at 0 ACU")


class Database:
    """A PostgreSQL session that runs files by name; a file in an earlier folder overrides one in a later folder."""

    def __init__(
        self, url: str, folders: list[Path], application_name: str = "acceptance", *, test_users: Sequence[User] = ()
    ) -> None:
        """Open a session whose settings hold the test users for the files under sql/. Raises Unreachable."""
        self._folders, self._url, self._name, self._test_users = folders, url, application_name, test_users
        self._connection = self._opened()

    def _opened(self) -> psycopg.Connection[dict[str, Any]]:
        try:
            connection = psycopg.connect(
                self._url, autocommit=True, row_factory=dict_row, application_name=self._name, connect_timeout=10
            )
            for setting in session_settings(self._test_users).items():
                connection.execute("SELECT set_config(%s, %s, false)", setting)
        except psycopg.OperationalError as refused:
            raise Unreachable(
                f"The database does not answer at {_address(self._url)}.",
                evidence=str(refused),
                remedy="see that it runs; for the dev account, that the tunnel is open and named by --database-url "
                "or DATABASE_URL",
            ) from refused
        return connection

    def reopen(self) -> None:
        """Replace the session, which the server may have ended, by a new one. Raises Unreachable."""
        self._connection.close()
        self._connection = self._opened()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, question: str, **values: Any) -> list[dict[str, Any]]:
        """Return the rows of sql/{question}.sql; `values` are its %(name)s parameters.

        A {name} in it stands for the query in sql/{name}.sql, which may be the pipeline's own.

        Raises Unreachable, or SqlRefused if the file cannot be used.
        """
        file = file_of(question, self._folders)
        with self._ends():
            cursor = run(self._connection, file, values or None, self._folders)
        return [Row(row, file) for row in cursor] if cursor.description else []

    def sample(self, question: str, *, times: int, every: float, **values: Any) -> list[list[dict[str, Any]]]:
        """Return the rows of `times` executions of sql/{question}.sql, `every` seconds apart.

        The server itself repeats the query and waits between two of them, so that neither the network nor a busy
        client makes the distance longer. Each query reads the statistics views anew. Raises Unreachable or SqlRefused.
        """
        file = file_of(question, self._folders)
        asked = psycopg.ClientCursor(self._connection).mogrify(_read_with_includes(file, self._folders), values or None)
        pause = f"SELECT pg_sleep({every}), pg_stat_clear_snapshot();"
        with self._ends(), _refusals_of(file):
            cursor = self._connection.execute("\n".join([pause, asked.strip().rstrip(";") + ";"] * times).encode())
            results = [cursor.fetchall()]
            while cursor.nextset():
                results.append(cursor.fetchall())
        return [[Row(row, file) for row in rows] for rows in results[1::2]]

    @contextmanager
    def _ends(self) -> Iterator[None]:
        try:
            yield
        except psycopg.OperationalError as broken:
            if not self._connection.broken:
                raise
            raise Unreachable("The database has ended the session.", evidence=str(broken)) from broken

    def row(self, question: str, **values: Any) -> dict[str, Any]:
        """Return the single row of `ask`. Raises SqlRefused for any other number of rows."""
        rows = self.ask(question, **values)
        if len(rows) != 1:
            raise SqlRefused(file_of(question, self._folders), f"it answers {len(rows)} rows instead of one")
        return rows[0]

    def each(self, question: str, columns: Sequence[str], **values: Any) -> Iterator[tuple[Any, ...]]:
        """Yield these columns of the rows of `ask` one by one, for results that are too large for memory."""
        file = file_of(question, self._folders)
        text = _as_subquery(_read_with_includes(file, self._folders))
        query = b"SELECT %b FROM (%b) AS asked" % (", ".join(columns).encode(), text)
        with (
            self._ends(),
            self._connection.transaction(),
            self._connection.cursor(name="each", row_factory=tuple_row) as rows,
        ):
            rows.itersize = _ROWS_AT_A_TIME
            with _refusals_of(file):
                rows.execute(query, values or None, binary=True)
            yield from rows

    def number(self, question: str, **values: Any) -> int:
        """Return the single number that sql/{question}.sql selects. Raises SqlRefused for anything else."""
        row = self.row(question, **values)
        try:
            (number,) = row.values()
            return int(number)
        except (TypeError, ValueError):
            raise SqlRefused(file_of(question, self._folders), f"it answers {dict(row)} instead of a number") from None

    def tell(self, statement: str, **values: Any) -> None:
        """Execute sql/{statement}.sql in one transaction; `values` are its %(name)s parameters."""
        with self._connection.transaction():
            run(self._connection, file_of(statement, self._folders), values or None)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Run the block in a transaction that is always rolled back, so that no other session sees its changes."""
        with self._connection.transaction(force_rollback=True):
            yield

    @contextmanager
    def together(self) -> Iterator[None]:
        """Run the block in one transaction."""
        with self._connection.transaction():
            yield

    @staticmethod
    def answer(url: str, credentials: dict[str, str]) -> Answer:
        """Log in at `url` with these credentials (username and password) and return the result."""
        user, password = credentials.get("username"), credentials.get("password")
        try:
            with psycopg.connect(url, user=user, password=password, connect_timeout=10) as connection:
                (version,) = connection.execute("SHOW server_version").fetchone() or ("nothing",)
        except psycopg.OperationalError as error:
            return Answer(False, str(error).strip())
        return Answer(True, f"PostgreSQL {version}")

    def close(self) -> None:
        """End the session."""
        self._connection.close()


def _address(url: str) -> str:
    """Host, port and database of a connection string, without its credentials."""
    told = psycopg.conninfo.conninfo_to_dict(url)
    host = told.get("hostaddr") or told.get("host") or "the usual socket"
    return f"{host}:{told.get('port') or 5432}, database {told.get('dbname') or 'of the user'}"
