"""The functions' database sessions, observed while an execution runs and after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread

from steps.diagnoses.ids import Diagnosis
from steps.drivers.postgres import Database, Unreachable
from steps.drivers.waiting import NotSeen, eventually

_EVERY = 0.005
"""Seconds between two queries. A chunk of ten records has its session open for 20 ms or more; queried every 50 ms, the
sessions of a short execution stayed unseen in one of twenty runs."""
_AT_ONCE = 10  # queries a round trip
_NAME_BYTES = 63
"""The maximum length of an application_name in PostgreSQL. The functions cut the beginning, to keep the request id."""


class Sightings:
    """The names of the functions' sessions: open at the last query (`now`), ever seen, and the most in one query."""

    def __init__(self) -> None:
        self.now: list[str] = []
        self.seen: set[str] = set()
        self.most = 0

    def add(self, names: list[str]) -> None:
        """Add the names that one query has returned."""
        self.now, self.most = names, max(self.most, len(names))
        self.seen.update(names)

    def of(self, request_ids: Iterable[str]) -> set[str]:
        """The names of all sessions seen that belong to these invocations."""
        return {name for name in self.seen for id in request_ids if name.endswith(id)}


def left_of(names: Iterable[str], request_ids: Iterable[str]) -> list[str]:
    """The sessions among `names` that belong to these invocations."""
    ids = tuple(request_ids)
    return [name for name in names if name.endswith(ids)]


def _read_names(rows: Iterable[Mapping[str, str]]) -> list[str]:
    return [row["application_name"] for row in rows]


class SessionsLeft(NotSeen):
    """Sessions of the functions stay open."""

    diagnosis = Diagnosis.SESSIONS_LEFT


class Connections:
    """Queries pg_stat_activity for the sessions whose application_name is one of `functions` and a request id."""

    def __init__(self, connect: Callable[..., Database], functions: Iterable[str]) -> None:
        self._connect = connect
        id_bytes = len(" 00000000-0000-0000-0000-000000000000")
        self._names = [f"%{function[-(_NAME_BYTES - id_bytes) :]} %" for function in functions]

    def open(self, database: Database) -> list[str]:
        """The names of the functions' sessions that are open now."""
        return _read_names(database.ask("function_sessions", names=self._names))

    def blocked(self, database: Database, *, within: float) -> None:
        """Wait until one of the functions' sessions waits for a lock that another session holds. Raises NotSeen."""
        eventually(
            lambda: self.waiting(database) or None,
            what="a session of the functions to wait for a lock",
            seen=lambda: f"none of {len(self.open(database))} open ones",
            within=within,
        )

    def waiting(self, database: Database) -> int:
        """The number of the functions' sessions that wait for a lock that another session holds."""
        return len(database.ask("blocked_function_sessions", names=self._names))

    def gone(self, database: Database, *, within: float) -> None:
        """Wait until no session of the functions is open. Raises SessionsLeft."""
        try:
            eventually(
                lambda: None if self.open(database) else True,
                what="every session of the functions to end",
                seen=lambda: ", ".join(self.open(database)),
                within=within,
            )
        except NotSeen as error:
            raise SessionsLeft(str(error)) from None

    @contextmanager
    def watched(self) -> Iterator[Sightings]:
        """Query two hundred times a second while the block runs, in a separate thread and database session."""
        sightings, over = Sightings(), Event()

        def look() -> None:
            try:
                with self._connect() as database:
                    while not over.is_set():
                        for rows in database.sample(
                            "function_sessions", times=_AT_ONCE, every=_EVERY, names=self._names
                        ):
                            sightings.add(_read_names(rows))
            except Unreachable:
                return  # the target's own health check reports this

        thread = Thread(target=look, name="connections", daemon=True)
        thread.start()
        try:
            yield sightings
        finally:
            over.set()
            thread.join()

    def left_by(self, request_ids: Iterable[str], *, within: float) -> list[str]:
        """The sessions of these invocations still open after `within` seconds; ending one takes the server a moment."""
        ids, left = tuple(request_ids), list[str]()

        def ask() -> bool | None:
            nonlocal left
            left = left_of(self.open(database), ids)
            return None if left else True

        with self._connect() as database:
            try:
                eventually(ask, what="the functions' sessions to end", seen=lambda: ", ".join(left), within=within)
            except NotSeen:
                return left
        return []

    @contextmanager
    def pretending(self, function: str, request_id: str) -> Iterator[None]:
        """Hold a session within the block under the name of an invocation, like a session that a function left open."""
        with self._connect(application_name=f"{function} {request_id}"[-_NAME_BYTES:]):
            yield
