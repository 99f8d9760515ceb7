"""What must hold of the four stores after any fault: each record once, each chunk once, nothing left over. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from steps.drivers.activity_file import Record
from steps.drivers.reconciliation import Chunk, Counts

Rejection = tuple[int, str, str]
"""(line, user, reason)"""


@dataclass(frozen=True)
class Processed:
    """What one delivered file has come to, as the stores tell it.

    execution, status: the last one's ARN and how it ended. plan: (chunk, records). audited: every completion of a chunk
    that the last execution's audit trail holds. rejected, kept: the rejected records in the database and in S3. lock:
    its owner and state. jobs: each batch job's status, applied and rejected records, by execution; of executions that
    could write no end, only what is told of the last one counts.
    """

    name: str
    records: Sequence[Record]
    execution: str
    status: str
    plan: Sequence[tuple[int, int]]
    audited: Sequence[Chunk]
    rejected: Sequence[Rejection]
    kept: Sequence[Rejection]
    lock: tuple[str, str] | None
    jobs: Mapping[str, Sequence[tuple[str, int, int]]]


@dataclass(frozen=True)
class Aftermath:
    """All files of a scenario, the statistics before and after them, and the functions' sessions that are open yet."""

    files: Sequence[Processed]
    before: Mapping[str, Counts]
    after: Mapping[str, Counts]
    sessions: Sequence[str]


def left_wrong(aftermath: Aftermath) -> list[str]:
    """Where records are lost or doubled, where stores disagree, and what is left over; each in a sentence."""
    return [
        *(f"{file.name}: {text}" for file in aftermath.files for text in _of_file(file)),
        *_of_statistics(aftermath),
        *(f"a session is left open: {name}" for name in aftermath.sessions),
    ]


def _of_file(file: Processed) -> Iterator[str]:
    if file.status != "SUCCEEDED":
        yield f"the execution is {file.status}"
    planned, records = sum(count for _, count in file.plan), len(file.records)
    if planned != records:
        yield f"the plan holds {planned} records, and the file {records}"
    applied, rejected = sum(each.applied for each in file.audited), sum(each.rejected for each in file.audited)
    if applied + rejected != records:
        yield f"{applied} records are applied and {rejected} rejected by the audit trail, and the file has {records}"
    for chunk, count in file.plan:
        told = [each.applied + each.rejected for each in file.audited if each.number == chunk]
        if told != [count]:
            yield f"the audit trail accounts for chunk {chunk} of {count} records by {told or 'nothing'}"
    if Counter(file.rejected) != Counter(file.kept) or rejected != len(file.rejected):
        others = f"{rejected} by the audit trail, and {len(file.kept)} kept in S3"
        yield f"{len(file.rejected)} records are rejected by the database, {others}"
    if file.lock != (file.execution, "done"):
        yield f"the lock is {file.lock}, and not done by {file.execution}"
    for execution, jobs in file.jobs.items():
        due = [("COMPLETED", applied, rejected)] if execution == file.execution else []
        if execution == file.execution and list(jobs) != due:
            yield f"the batch job is {list(jobs)}, and not {due}"
        if execution != file.execution and any(status == "RUNNING" for status, _, _ in jobs):
            yield f"the batch job of {execution}, which has ended, is RUNNING"


def _of_statistics(aftermath: Aftermath) -> Iterator[str]:
    due = dict(aftermath.before)
    for file in aftermath.files:
        lines = {line for line, _, _ in file.rejected}
        for record in file.records:
            if record.line not in lines:
                logins, posts = due.get(record.user_id, (0, 0))
                due[record.user_id] = logins + record.logins, posts + record.posts
    for user in sorted(due.keys() | aftermath.after.keys()):
        if (got := aftermath.after.get(user)) != due.get(user):
            yield f"the statistics of {user} are {got}, and not {due.get(user)}"
