"""A delivery as the report shows it: pictures, tables, documents, links to the AWS console, and a lock in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from steps.drivers import console
from steps.drivers.functions import Function
from steps.drivers.locks import Lock
from steps.drivers.logs import LogLine, written
from steps.drivers.names import Names
from steps.drivers.step_functions import Run
from steps.results.pictures.states import states
from steps.results.pictures.timeline import timeline
from steps.results.reconciliation import Fate
from steps.run.delivery import AT_ONCE, Delivery
from steps.suite.finding import Attachment, document, table
from steps.verdict.messages import phrase
from steps.verdict.words import Words

_SHOWN_BYTES = 1_000_000
"""A report shows only this many bytes of a file, from its beginning."""
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


def of_statistics(delivery: Delivery) -> Attachment:
    """Return the file's sums beside the rows of the database, users with differences first."""
    found = delivery.counts
    compared = [(user, *due, *found.get(user, (None, None))) for user, due in delivery.file.sums().items()]
    told = [("" if each[1:3] == each[3:5] else "DIFFERS", *each) for each in compared]
    columns = ("verdict", "user", "logins in the file", "posts in the file", "login_count", "post_count")
    return table("Statistics compared", columns, sorted(told, key=lambda each: not each[0]))


def of_fates(fates: Iterable[Fate]) -> Attachment:
    """Return the fate of each record according to each store, inconsistent records first."""
    stores = ("csv", "aurora", "dynamodb", "logs")
    rows = [
        (
            each.record or "",
            each.user,
            each.fate,
            "THEY DISAGREE" if each.disagreeing else "",
            *map(each.stores.get, stores),
        )
        for each in sorted(fates, key=lambda each: each.is_clean)
    ]
    return table("Records reconciled", ("line", "user", "fate", "stores", *stores), rows)


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
