"""The functions' logs: every line of a run, told from those of other executions."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from steps.drivers.absence import unless_absent
from steps.drivers.waiting import NotSeen, eventually
from steps.suite.visible_text import quoted, visible

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef


ABOVE_INFO = ("ERROR", "WARN", "FATAL", "CRITICAL")
_GROUP_SECONDS = 10
"""A log group that is still missing so long after an execution has ended is one that nobody makes."""
_START = re.compile(r"START RequestId: (\S+)")
_REPORT = re.compile(r"REPORT RequestId: (\S+)")


class LogsIncomplete(Exception):
    """CloudWatch has not taken in every line in time: nothing can be said about what is absent."""

    diagnosis = "logs-missing"


@dataclass(frozen=True)
class LogLine:
    """One event of a log stream; `at` in epoch milliseconds."""

    group: str
    stream: str
    at: int
    text: str
    id: str = ""

    @property
    def fields(self) -> dict[str, Any]:
        """The line's fields, where it is a JSON object; else none."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def __str__(self) -> str:
        return f"{self.group} {self.stream}: {shorten(self.text, 300, placeholder=' ...')}"


@dataclass
class Invocation:
    """What one log stream holds from a START to its REPORT: one invocation of a function."""

    request_id: str
    started: int
    ended: int | None = None
    lines: list[LogLine] = field(default_factory=list)


class Logs:
    """CloudWatch Logs of the functions."""

    def __init__(self, logs: CloudWatchLogsClient, groups: Sequence[str]) -> None:
        self._logs, self._groups = logs, groups

    def since(self, start: int) -> list[LogLine]:
        """Every line of every group from `start` (epoch milliseconds) on, all pages, each stream in order.

        A group that does not exist has none: Lambda makes one when a function logs for the first time.
        """
        return [line for group in self._groups for line in unless_absent(partial(self._of, group, start)) or ()]

    def _of(self, group: str, start: int) -> list[LogLine]:
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start)
        return [_line(group, event) for page in pages for event in page["events"]]

    def _groups_exist(self) -> bool:
        for group in self._groups:
            self._logs.filter_log_events(logGroupName=group, limit=1)
        return True

    def complete(self, start: int, request_ids: Iterable[str], *, within: float) -> list[LogLine]:
        """`since(start)`, once each of these invocations has its REPORT line; else LogsIncomplete.

        Where a group does not exist, what asks for its lines raises the error, and sooner.
        """
        wanted = set(request_ids)
        missing: set[str] = wanted

        def ask() -> list[LogLine] | None:
            nonlocal missing
            lines = self.since(start)
            missing = wanted - {found[1] for line in lines if (found := _REPORT.match(line.text))}
            return None if missing else lines

        if not unless_absent(self._groups_exist):
            within = min(within, _GROUP_SECONDS)
        try:
            return eventually(
                ask,
                what=f"the REPORT lines of {len(wanted)} invocations in {', '.join(self._groups)}",
                seen=lambda: f"{len(missing)} still missing: {', '.join(sorted(missing))}",
                within=within,
            )
        except NotSeen as late:
            self._groups_exist()
            raise LogsIncomplete(f"{late}\n  remedy: CloudWatch takes lines in late; run again") from None


def _line(group: str, event: FilteredLogEventTypeDef) -> LogLine:
    """An event of CloudWatch as a line; some emulators give it no id, and the whole event stands for it."""
    stream, at, text = event["logStreamName"], event["timestamp"], event["message"]
    return LogLine(group, stream, at, text, event.get("eventId") or f"{stream} {at} {text}")


def invocations(lines: Iterable[LogLine]) -> list[Invocation]:
    """The invocations that `lines` show; an execution environment, hence a stream, serves one at a time."""
    found, open_in = [], {}
    for line in lines:
        if start := _START.match(line.text):
            open_in[line.group, line.stream] = Invocation(start[1], line.at)
            found.append(open_in[line.group, line.stream])
        if current := open_in.get((line.group, line.stream)):
            current.lines.append(line)
            if _REPORT.match(line.text):
                current.ended = line.at
                del open_in[line.group, line.stream]
    return found


def without_others(lines: list[LogLine], execution_arn: str) -> list[LogLine]:
    """`lines` less those that name another execution, with their whole invocations; a line that nobody owns stays."""

    def foreign(line: LogLine) -> bool:
        return bool(line.fields.get("execution_id", execution_arn) != execution_arn)

    theirs = [each.lines for each in invocations(lines) if any(map(foreign, each.lines))]
    others = {id(line) for invocation in theirs for line in invocation}
    return [line for line in lines if id(line) not in others and not foreign(line)]


def holding(lines: Iterable[LogLine], *words: str) -> list[LogLine]:
    """The lines that hold any of `words`, in capitals or as written: a substring, as CloudWatch's filter finds it."""
    return [line for line in lines if any(word in line.text for word in words)]


def complaints(lines: Iterable[LogLine]) -> list[tuple[int, str]]:
    """Lines above INFO, the same text together: how often, and what; the most frequent first."""
    loud = Counter(
        f"{line.fields['level']}: {line.fields.get('message')}" if "level" in line.fields else line.text.strip()
        for line in holding(lines, *ABOVE_INFO)
    )
    return [(count, text) for text, count in loud.most_common()]


_LATE = 10_000  # milliseconds: CloudWatch shows lines of one moment in no order


class Tail:
    """Follows the logs from `start` (epoch milliseconds) on; `lines` are all that it has seen so far."""

    def __init__(self, logs: Logs, start: int) -> None:
        self._logs, self._start = logs, start
        self._seen: dict[str, LogLine] = {}

    @property
    def lines(self) -> list[LogLine]:
        return list(self._seen.values())

    def look(self) -> list[LogLine]:
        """The lines that have come since the last look."""
        since = max([self._start, *(line.at - _LATE for line in self._seen.values())])
        new = [line for line in self._logs.since(since) if line.id not in self._seen]
        self._seen |= {line.id: line for line in new}
        return new


def written(lines: list[LogLine]) -> str:
    """The lines as a text to keep, one under the other in order of time: moment, log group, stream, message.

    Whatever a message holds, a line of the text that does not belong to it begins with a moment.
    """
    return "".join(
        f"{datetime.fromtimestamp(line.at / 1000, UTC).isoformat(timespec='milliseconds')} {line.group} {line.stream} "
        f"{quoted(visible(line.text).rstrip())}\n"
        for line in sorted(lines, key=lambda line: line.at)
    )
