"""The functions' sessions on the database, looked at while an execution runs and after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from steps.drivers.postgres import Database, Unreachable
from steps.drivers.waiting import NotSeen, eventually

_EVERY = 0.05  # seconds: a chunk of ten records has its session open for about as long
_NAME_BYTES = 63
"""PostgreSQL keeps no more of an application_name, and the functions let its beginning go, not the request id."""


class Sightings:
    """The names of the functions' sessions: those open now, all that were ever seen, the most at one look."""

    def __init__(self) -> None:
        self.now: list[str] = []
        self.seen: set[str] = set()
        self.most = 0

    def add(self, names: list[str]) -> None:
        """One look more."""
        self.now, self.most = names, max(self.most, len(names))
        self.seen.update(names)

    def of(self, request_ids: Iterable[str]) -> set[str]:
        """Those of these invocations."""
        return {name for name in self.seen for id in request_ids if name.endswith(id)}


def left_of(names: Iterable[str], request_ids: Iterable[str]) -> list[str]:
    """Those of the sessions that belong to these invocations."""
    ids = tuple(request_ids)
    return [name for name in names if name.endswith(ids)]


class Connections:
    """pg_stat_activity, and there the sessions that go by the name of one of `functions` and a request id."""

    def __init__(self, connect: Callable[..., Database], functions: Iterable[str]) -> None:
        self._connect = connect
        id_bytes = len(" 00000000-0000-0000-0000-000000000000")
        self._names = [f"%{function[-(_NAME_BYTES - id_bytes) :]} %" for function in functions]

    def open(self, database: Database) -> list[str]:
        """The names of all that are open now."""
        return [row["application_name"] for row in database.ask("function_sessions", names=self._names)]

    def blocked(self, database: Database, *, within: float) -> None:
        """Returns once one of them waits for what another session has locked; raises NotSeen."""
        eventually(
            lambda: self.waiting(database) or None,
            what="a session of the functions to wait for a lock",
            seen=lambda: f"none of {len(self.open(database))} open ones",
            within=within,
        )

    def waiting(self, database: Database) -> int:
        """How many of them wait for what another session has locked."""
        return len(database.ask("blocked_function_sessions", names=self._names))

    def gone(self, database: Database, *, within: float) -> None:
        """Returns once none is open; raises NotSeen."""
        eventually(
            lambda: None if self.open(database) else True,
            what="every session of the functions to end",
            seen=lambda: ", ".join(self.open(database)),
            within=within,
        )

    @contextmanager
    def watched(self) -> Iterator[Sightings]:
        """Looks twenty times a second while the block runs, on a session and in a thread of its own."""
        sightings, over = Sightings(), Event()

        def look() -> None:
            try:
                with self._connect() as database:
                    while not over.wait(_EVERY):
                        sightings.add(self.open(database))
            except Unreachable:
                return  # the target says so itself when it is asked how it is

        thread = Thread(target=look, name="connections", daemon=True)
        thread.start()
        try:
            yield sightings
        finally:
            over.set()
            thread.join()

    def left_by(self, request_ids: Iterable[str], *, within: float) -> list[str]:
        """The sessions of these invocations that are still open after so many seconds; the server needs a moment."""
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
        """A session of our own within the block that goes by the name of an invocation, as one left open would."""
        with self._connect(application_name=f"{function} {request_id}"[-_NAME_BYTES:]):
            yield
