"""A file of a scenario's own: users that nobody else has, records that the scenario chooses, a name of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from random import randrange
from uuid import uuid4

import pytest

from steps.deliveries import Delivery, Drivers, by_itself, statistics_of
from steps.drivers.activity_file import ActivityFile, Record

HEADER = "ユーザーID,ログイン回数,投稿回数"


class OwnFile:
    """Grows while a scenario says what it wants, and is then delivered; what it registered goes with the scenario."""

    def __init__(self, drivers: Drivers, cleaning_up: ExitStack) -> None:
        self._drivers, self._cleaning_up = drivers, cleaning_up
        self._users = f"U9{randrange(10_000):04d}"
        self._lines = [HEADER]
        self._records: list[Record] = []
        self._ready_made: ActivityFile | None = None
        self.name = f"{uuid4().hex[:12]}.csv"

    @property
    def wanted(self) -> bool:
        return bool(self._records or self._ready_made)

    def users(self, count: int) -> list[str]:
        """Ids of so many users of this scenario, registered or not."""
        return [f"{self._users}{n:04d}" for n in range(1, count + 1)]

    def register(self, users: Sequence[str]) -> None:
        self._drivers.database.tell("register_users", users=list(users))
        self._cleaning_up.callback(self._drivers.database.tell, "remove_users", users=list(users))

    def add(self, user: str, logins: int, posts: int) -> None:
        """One good record more."""
        self.add_line(f"{user},{logins},{posts}", user, logins, posts)

    def add_line(self, line: str, user: str, logins: int = 0, posts: int = 0) -> None:
        """One record more as it stands in the file; the counts are those that it adds, if any."""
        self._lines.append(line)
        self._records.append(Record(len(self._lines), user, logins, posts))

    def take(self, file: ActivityFile) -> None:
        """This very file, instead of one of our own making."""
        self._ready_made = file

    def delivered(self) -> Delivery:
        """The file, uploaded."""
        file, drivers = self._ready_made or self._made(), self._drivers
        before = statistics_of(drivers.database)
        return Delivery(file, drivers.inbox.deliver(file.name, file.content), before, drivers, by_itself(drivers))

    def _made(self) -> ActivityFile:
        content = "".join(f"{line}\n" for line in self._lines).encode()
        return ActivityFile(self.name, content, HEADER.split(","), len(self._lines), tuple(self._records))


@pytest.fixture
def cleaning_up() -> Iterator[ExitStack]:
    """What has to be put right when the scenario is over."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def own_file(request: pytest.FixtureRequest, cleaning_up: ExitStack) -> OwnFile:
    return OwnFile(request.getfixturevalue("drivers"), cleaning_up)
