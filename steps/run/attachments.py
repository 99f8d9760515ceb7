"""What of a delivery is shown to whoever reads the report: pictures, tables, documents, pages of the console."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from steps.drivers import console
from steps.drivers.functions import Function
from steps.drivers.logs import LogLine, written
from steps.drivers.names import Names
from steps.drivers.step_functions import Run
from steps.results.pictures.states import states
from steps.results.pictures.timeline import timeline
from steps.results.reconciliation import Fate
from steps.run.delivery import Delivery, Statistics
from steps.suite.finding import Attachment, document, table

AT_ONCE = 5
"""Chunks that may be under way at once, as the pipeline's Map has it."""


_SHOWN_BYTES = 1_000_000
"""A report shows no more than the beginning of a large file."""


def of_upload(delivery: Delivery, names: Names) -> Iterator[Attachment]:
    upload = delivery.upload
    shown = delivery.file.content[:_SHOWN_BYTES].decode("utf-8-sig", "replace")
    yield Attachment(delivery.file.name, "csv", shown)
    page = console.upload(names.region, upload.bucket, upload.key, upload.version_id)
    yield Attachment(f"Console: {upload.key}", "link", page)


def of_run(run: Run) -> Iterator[Attachment]:
    """The way it took, who ran when, every event, its page."""
    yield of_states(run)
    yield of_chunks(run, AT_ONCE)
    yield document("History", run.history)
    yield Attachment("Console: execution", "link", run.console)


def of_states(run: Run) -> Attachment:
    """The way it took through the state machine."""
    outcome = f"{run.status} after {run.seconds:.2f} s" + (f": {run.error}" if run.error else "")
    return Attachment("States", "svg", states(run.definition, run.history, outcome))


def of_chunks(run: Run, most: int) -> Attachment:
    """Who ran when, below the most chunks that may be under way at once."""
    return Attachment("Timeline", "svg", timeline(run.tasks, run.started, run.ended, most=most))


def of_logs(lines: list[LogLine], names: Names) -> Iterator[Attachment]:
    """Every line, and the page of each log group."""
    yield Attachment(f"Log lines ({len(lines)})", "text", written(lines))
    for group in names.log_groups:
        yield Attachment(f"Console: {group}", "link", console.log_group(names.region, group))


def of_items(name: str, items: Any, stored_in: str, names: Names) -> Iterator[Attachment]:
    """What a table of DynamoDB holds of it, and the table's page."""
    yield document(name, items)
    yield Attachment(f"Console: {stored_in}", "link", console.table(names.region, stored_in))


def of_statistics(delivery: Delivery) -> Attachment:
    """The file's sums beside the rows of the database, those that differ first."""
    due, rows = delivery.file.sums(), delivery.statistics
    compared = [(user, *counts, *_counted(rows, user)) for user, counts in due.items()]
    told = [("" if each[1:3] == each[3:5] else "DIFFERS", *each) for each in compared]
    columns = ("verdict", "user", "logins in the file", "posts in the file", "login_count", "post_count")
    return table("Statistics compared", columns, sorted(told, key=lambda each: not each[0]))


def _counted(rows: Statistics, user: str) -> tuple[Any, Any]:
    row = rows.get(user, {})
    return row.get("login_count"), row.get("post_count")


def of_fates(fates: Iterable[Fate]) -> Attachment:
    """What became of each record by each store, the inconsistent first."""
    stores = ("csv", "aurora", "dynamodb", "logs")
    rows = [
        (each.record or "", each.user, each.fate, "THEY DISAGREE" if each.astray else "", *map(each.stores.get, stores))
        for each in sorted(fates, key=lambda each: each.clean)
    ]
    return table("Records reconciled", ("line", "user", "fate", "stores", *stores), rows)


def of_variables(
    found: Mapping[str, Function | None], declared: Mapping[str, Mapping[str, str]], names: Names
) -> Iterator[Attachment]:
    """Each function's environment beside what the template declares, what differs first, and the functions' pages."""
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
    """Rows as the database has answered them."""
    columns = list(rows[0]) if rows else []
    return table(name, columns, ([*row.values()] for row in rows))
