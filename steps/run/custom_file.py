"""A scenario's own file: users that no other scenario has, records that the scenario chooses, a unique name."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from random import randrange
from uuid import uuid4

import pytest
from pytest_bdd import given, parsers, then

from steps.drivers.activity_file import ActivityFile, Record
from steps.drivers.s3 import Upload
from steps.robustness.fault_points import CHUNK_RECORDS, call_pattern
from steps.run.delivery import Delivery, Drivers, find_execution, read_statistics
from steps.suite.progress import Progress
from steps.targets.settings import Settings
from steps.verdict.record import Record as VerdictRecord


class OwnFile:
    """A file that the steps of a scenario build and then deliver; its users are removed after the scenario."""

    def __init__(self, drivers: Drivers, cleaning_up: ExitStack, header: str, name: str = "") -> None:
        self._drivers, self._cleaning_up = drivers, cleaning_up
        self._prefix, self._numbers = f"U9{randrange(10_000):04d}", count(1)
        self._lines, self._next_line = [header], 2
        self._records: list[Record] = []
        self._ready_made: ActivityFile | None = None
        self.encoded: Callable[[Sequence[str]], bytes] = _encode
        """Encodes the lines of the file, the header first."""
        self.name = name or f"{uuid4().hex[:12]}.csv"
        self.registered: list[str] = []
        self.uploads: list[Upload] = []
        """All uploads of the file so far."""
        self.reasons: dict[tuple[int, str], str] = {}
        """The expected reason of rejection, by line and user."""

    @property
    def header(self) -> str:
        return self._lines[0]

    @property
    def has_content(self) -> bool:
        return bool(self._records or self._ready_made)

    @property
    def good_users(self) -> list[str]:
        """The registered users of whom no record is to be rejected."""
        bad = {user for _, user in self.reasons}
        return [user for user in self.registered if user not in bad]

    def new_user(self) -> str:
        """Return the id of one more user of this scenario, not registered yet."""
        return f"{self._prefix}{next(self._numbers):04d}"

    def users(self, count: int) -> list[str]:
        """Return the ids of `count` more users."""
        return [self.new_user() for _ in range(count)]

    def register(self, users: Sequence[str]) -> None:
        self.registered += users
        self._drivers.database.tell("register_users", users=list(users))
        self._cleaning_up.callback(self._drivers.database.tell, "remove_users", users=list(users))

    def add(
        self, user: str, logins: int, posts: int, reason: str | None = None, form: str = "{user},{logins},{posts}"
    ) -> None:
        """Append a record in this form; `reason`: the expected reason of its rejection, if any."""
        self.write(form.format(user=user, logins=logins, posts=posts), user, logins, posts, reason)

    def write(self, text: str, user: str, logins: int, posts: int, reason: str | None = None) -> None:
        """Append `text` as a record; `user` is the user id as `text` contains it."""
        self._records.append(Record(self._next_line, user, logins, posts))
        if reason is not None:
            self.reasons[self._next_line, user] = reason
        self._append(text)

    def fill(self, count: int) -> None:
        """Append `count` valid records, each with its own registered user and with different numbers."""
        users = self.users(count)
        self.register(users)
        for n, user in enumerate(users, 1):
            self.add(user, n, 1000 + n)

    def add_blank_line(self) -> None:
        """Append an empty line, which is no record."""
        self._append("")

    def _append(self, text: str) -> None:
        self._lines.append(text)
        self._next_line += 1

    def encode_as_spreadsheet(self) -> None:
        """Encode with a byte order mark, CRLF, and no line break at the end."""
        self.encoded = lambda lines: "\r\n".join(lines).encode("utf-8-sig")

    def first_byte(self, record: int) -> int:
        """Return the offset in bytes of a record in the file; the first record is 0."""
        return len(_encode(self._lines[: 1 + record]))

    def call_pattern(self, point: str) -> str:
        """Return the pattern of the calls at this fault point for this file, in chunks of CHUNK_RECORDS records."""
        chunks = range(1, 1 + -(-len(self._records) // CHUNK_RECORDS))
        first = {chunk: CHUNK_RECORDS * (chunk - 1) for chunk in chunks}
        users = {chunk: self._records[record].user_id for chunk, record in first.items()}
        bytes_ = {chunk: self.first_byte(record) for chunk, record in first.items()}
        names = self._drivers.environment.names
        return call_pattern(point, names, file=self.name, first_byte=bytes_, user=users)

    def replace_by(self, file: ActivityFile) -> None:
        """Deliver `file` instead of the records appended here."""
        self._ready_made = file

    def upload(self) -> Delivery:
        """Upload the file, and wait for nothing."""
        file, drivers = self._ready_made or self.build(), self._drivers
        self.deadlocks_before = drivers.database.number("deadlocks")
        before = read_statistics(drivers.database, file.sums())
        upload = drivers.inbox.deliver(file.name, file.content)
        self.uploads.append(upload)
        return Delivery(file, upload, before, drivers, lambda: find_execution(drivers, upload))

    def build(self) -> ActivityFile:
        """Return the file as built so far."""
        content, records = self.encoded(self._lines), tuple(self._records)
        return ActivityFile(self.name, content, self.header.split(","), self._next_line - 1, records)


def _encode(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.fixture
def cleaning_up() -> Iterator[ExitStack]:
    """Yield a stack of callbacks that undo changes when the scenario ends."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def own_file(
    request: pytest.FixtureRequest, gate: Callable[[str], None], cleaning_up: ExitStack, settings: Settings
) -> OwnFile:
    drivers = request.getfixturevalue("drivers")  # first: report a broken environment rather than a closed gate
    gate("nothing was delivered")
    return OwnFile(drivers, cleaning_up, settings.csv.header)


@given("the same records of other users")
def same_records(activity_file: ActivityFile, acceptance: Delivery, own_file: OwnFile) -> None:
    acceptance.wait_until_ended()  # the scenario compares with it
    theirs = activity_file.sums()
    ours = dict(zip(theirs, own_file.users(len(theirs)), strict=True))
    own_file.register([*ours.values()])
    for record in activity_file.records:
        own_file.add(ours[record.user_id], record.logins, record.posts)


@given("the file of --file, whose users are registered")
def file_of_the_user(own_file: OwnFile, drivers: Drivers, pytestconfig: pytest.Config, progress: Progress) -> None:
    """Register the users that the pipeline does not know, until the scenario ends."""
    path: Path = pytestconfig.option.file
    file = ActivityFile.of(path.name, path.read_bytes(), is_tolerant=True)
    users = sorted(filter(None, file.sums()))
    missing = [row["user_id"] for row in drivers.database.ask("missing_users", users=users)]
    own_file.register(missing)
    own_file.name = file.name
    own_file.replace_by(file)
    unreadable = sum(not record.user_id for record in file.records)
    progress.say(
        f"{path}: {len(file.records)} records, {unreadable} of them no records by the suite's reading, "
        f"of {len(users)} users, {len(missing)} of them registered for this run"
    )


@then("the fates of its records are told")
def fates_told(delivery: Delivery, record: VerdictRecord, progress: Progress) -> None:
    reasons = Counter(reason for _, _, reason in delivery.stores.rejected)
    rejected = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    applied = len(delivery.file.records) - reasons.total()
    told = f"{applied} records applied, {reasons.total()} rejected{f': {rejected}' if rejected else ''}"
    progress.say(f"the execution {delivery.run.status}; {told}")
    if reasons:
        rows = "".join(f"{line},{user},{reason}\n" for line, user, reason in delivery.stores.rejected)
        progress.say(f"the rejected records by line: {record.keep('rejected.csv', rows)}")


@given(parsers.parse("a file of {count:d} records"))
def file_of(count: int, own_file: OwnFile) -> None:
    own_file.fill(count)


_REFUSED_LOGINS, _CONFLICTING_LOGINS = 987654321, 987654322
"""The numbers of logins that sql/refuse_record.sql has PostgreSQL refuse, the second as a serialization failure."""


@given("a record that the database refuses")
def refused_record(own_file: OwnFile, drivers: Drivers, cleaning_up: ExitStack) -> None:
    """Have PostgreSQL refuse one lawful record, whose chunk then fails, until the scenario ends."""
    _add_refused(_REFUSED_LOGINS, own_file, drivers, cleaning_up)


@given("a record whose chunk conflicts with another transaction each time")
def conflicting_record(own_file: OwnFile, drivers: Drivers, cleaning_up: ExitStack) -> None:
    _add_refused(_CONFLICTING_LOGINS, own_file, drivers, cleaning_up)


def _add_refused(logins: int, own_file: OwnFile, drivers: Drivers, cleaning_up: ExitStack) -> None:
    user = own_file.new_user()
    own_file.register([user])
    own_file.add(user, logins, 1)
    drivers.database.tell("refuse_record")
    cleaning_up.callback(drivers.database.tell, "refuse_no_record")


@given("none of the test users is registered")
def none_registered(activity_file: ActivityFile, own_file: OwnFile, drivers: Drivers, cleaning_up: ExitStack) -> None:
    """Delete the test users; they are restored unchanged when the scenario ends."""
    database, users = drivers.database, sorted(activity_file.sums())
    kept = database.row("kept_users", users=users)
    database.tell("remove_users", users=users)
    cleaning_up.callback(database.tell, "put_back_users", **{name: json.dumps(rows) for name, rows in kept.items()})
    own_file.replace_by(activity_file)


@given("no upload starts anything by itself")
def nothing_starts(drivers: Drivers, cleaning_up: ExitStack) -> None:
    cleaning_up.enter_context(drivers.trigger.off())
