"""A delivery as the report shows it: pictures, tables, documents, links to the AWS console, and a lock in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from steps.drivers import console
from steps.drivers.activity_file import Counts
from steps.drivers.functions import Function
from steps.drivers.locks import Lock
from steps.drivers.logs import LogLine, written
from steps.drivers.names import Names
from steps.drivers.step_functions import Run
from steps.results.pictures.states import states
from steps.results.pictures.timeline import timeline
from steps.results.reconciliation import Fate, Fates
from steps.run.delivery import AT_ONCE, Delivery
from steps.suite.finding import Attachment, document, table
from steps.verdict.messages import phrase
from steps.verdict.words import Words

_SHOWN_BYTES = 1_000_000
"""A report shows only this many bytes of a file, from its beginning."""
_SHOWN_ROWS = 10_000
"""A table shows all rows that are not as wanted, and only this many of the others."""
_MILLISECONDS = 10**11
"""A time above this is in milliseconds instead of seconds since the epoch."""


def of_upload(delivery: Delivery, names: Names) -> Iterator[Attachment]:
    upload = delivery.upload
    shown = delivery.file.content[:_SHOWN_BYTES].decode("utf-8-sig", "replace")
    yield Attachment(delivery.file.name, "csv", shown)
    page = console.upload(names.region, upload.bucket, upload.key, upload.version_id)
    yield Attachment(f"Console: {upload.key}", "link", page)


def of_run(run: Run) -> Iterator[Attachment]:
    """Yield the execution's states, timeline, history and console link."""
    yield of_states(run)
    yield of_chunks(run, AT_ONCE)
    yield document("History", run.history)
    yield Attachment("Console: execution", "link", run.console)


def of_states(run: Run) -> Attachment:
    """Draw the execution's path through the state machine."""
    outcome = f"{run.status} after {run.seconds:.2f} s" + (f": {run.error}" if run.error else "")
    return Attachment("States", "svg", states(run.definition, run.history, outcome))


def of_chunks(run: Run, most: int) -> Attachment:
    """Draw a timeline of the tasks; `most` is the limit of concurrent chunks."""
    return Attachment("Timeline", "svg", timeline(run.tasks, run.started, run.ended, most=most))


def of_logs(lines: list[LogLine], names: Names) -> Iterator[Attachment]:
    """Yield all log lines, and a link to each log group."""
    yield Attachment(f"Log lines ({len(lines)})", "text", written(lines))
    for group in names.log_groups:
        yield Attachment(f"Console: {group}", "link", console.log_group(names.region, group))


def of_items(name: str, items: Any, stored_in: str, names: Names) -> Iterator[Attachment]:
    """Yield these items of a DynamoDB table, and a link to the table."""
    yield document(name, items)
    yield Attachment(f"Console: {stored_in}", "link", console.table(names.region, stored_in))


def of_statistics(wanted: Mapping[str, Counts], found: Mapping[str, Counts]) -> Attachment:
    """Return the sums by user beside the rows of the database, users with differences first."""

    def row(user: str) -> tuple[object, ...]:
        differs = "" if found.get(user) == wanted[user] else "DIFFERS"
        return differs, user, *wanted[user], *found.get(user, (None, None))

    columns = ("verdict", "user", "logins in the file", "posts in the file", "login_count", "post_count")
    wrong = [user for user in wanted if found.get(user) != wanted[user]]
    right = (user for user in wanted if found.get(user) == wanted[user])
    return _abridge("Statistics compared", columns, map(row, wrong), map(row, right), len(wanted))


def of_fates(fates: Fates) -> Attachment:
    """Return the fate of each record according to each store, inconsistent records first."""
    stores = ("csv", "aurora", "dynamodb", "logs")

    def row(fate: Fate) -> tuple[object, ...]:
        disagreeing = "THEY DISAGREE" if fate.disagreeing else ""
        return fate.record or "", fate.user, fate.fate, disagreeing, *map(fate.stores.get, stores)

    columns = ("line", "user", "fate", "stores", *stores)
    right = (fate for fate in fates if fate.is_clean)
    return _abridge("Records reconciled", columns, map(row, fates.wrong), map(row, right), fates.counts.total())


def _abridge(
    name: str, columns: Sequence[str], wrong: Iterable[Sequence[Any]], right: Iterable[Sequence[Any]], count: int
) -> Attachment:
    """Return a table of all `wrong` rows and the first of the `right` ones; `count` is the number of all of them.

    With every row, a million records took 600 MB more and a table of 138 MB, which no browser shows.
    """
    shown = [*wrong, *islice(right, _SHOWN_ROWS)]
    rest = [(f"and {count - len(shown):,} more, all as wanted",)] if count > len(shown) else []
    return table(name, columns, [*shown, *rest])


def of_variables(
    found: Mapping[str, Function | None], declared: Mapping[str, Mapping[str, str]], names: Names
) -> Iterator[Attachment]:
    """Yield the declared and the deployed variables of each function, differences first, and links to the functions."""
    rows = []
    for function, wanted in declared.items():
        got = ((at := found[function]) and at.variables) or {}
        rows += [(function, name, wanted.get(name), got.get(name)) for name in sorted(wanted.keys() | got.keys())]
    told = [("" if row[2] == row[3] else "DIFFERS", *row) for row in rows]
    columns = ("verdict", "function", "variable", "declared", "deployed")
    yield table("Environment variables compared", columns, sorted(told, key=lambda row: not row[0]))
    for function in declared:
        yield Attachment(f"Console: {function}", "link", console.function(names.region, function))


def of_rows(name: str, rows: list[dict[str, Any]]) -> Attachment:
    """Return a table of rows as the database returned them."""
    columns = list(rows[0]) if rows else []
    return table(name, columns, ([*row.values()] for row in rows))


def tell_lock(lock: Lock | None) -> Words:
    """Return state, owner and expiry of the lock."""
    if lock is None:
        return phrase("no-lock")
    expiry = datetime.fromtimestamp(lock.expires_at, UTC).isoformat() if lock.expires_at < _MILLISECONDS else ""
    return phrase("lock", state=lock.state, owner=lock.owner, expiry=expiry or f"{lock.expires_at} s")
