"""The functions' logs: every line of one execution, separated from those of other executions."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from steps.diagnoses.ids import Diagnosis
from steps.drivers.absence import unless_absent
from steps.drivers.waiting import NotSeen, eventually
from steps.explained_error import ExplainedError
from steps.suite.visible_text import quoted, visible

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef


ABOVE_INFO = ("ERROR", "WARN", "FATAL", "CRITICAL")
_STREAM = re.compile(r"\d{4}/\d{2}/\d{2}/([^\[]+)\[[^\]]+\]\w+")
_GROUP_SECONDS = 10
"""A log group that is still missing so long after the end of an execution will not be created any more."""
_PLATFORM = re.compile(r"(START|REPORT) RequestId: (\S+)")
_JSON_PLATFORM = {"platform.start": "START", "platform.report": "REPORT"}


class LogsIncomplete(ExplainedError):
    """CloudWatch has not ingested every line in time, so the absence of a line proves nothing."""

    diagnosis = Diagnosis.LOGS_MISSING


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
        """The line's fields if it is a JSON object; otherwise empty."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def platform(self) -> tuple[str, str] | None:
        """(START or REPORT, request id) if Lambda has written this line about an invocation, as text or as JSON."""
        if found := _PLATFORM.match(self.text):
            return found[1], found[2]
        if '"platform.' not in self.text:
            return None
        kind = _JSON_PLATFORM.get(self.fields.get("type", ""))
        return (kind, self.fields["record"]["requestId"]) if kind else None

    def __str__(self) -> str:
        return f"{self.group} {self.stream}: {shorten(self.text, 300, placeholder=' ...')}"


@dataclass
class Invocation:
    """One invocation of a function: the lines of a log stream from a START to its REPORT."""

    request_id: str
    started: int
    ended: int | None = None
    lines: list[LogLine] = field(default_factory=list)


class Logs:
    """Reads the functions' log groups in CloudWatch Logs."""

    def __init__(
        self,
        logs: CloudWatchLogsClient,
        groups: Sequence[str],
        *,
        functions: Collection[str] = (),
        unlogged: Sequence[str] = (),
        every: float = 0.1,
    ) -> None:
        """`functions`: those whose streams are read in a group that others share. `every`: seconds between polls.

        `unlogged`: what the functions' LoggingConfig leaves out, for which nobody should wait.
        """
        self._logs, self._groups, self._functions = logs, groups, functions
        self._unlogged, self._every = unlogged, every

    def since(self, start: int) -> list[LogLine]:
        """Every line of every group since `start` (epoch milliseconds), each stream in order.

        A missing group counts as empty: Lambda creates it when a function logs for the first time.
        """
        return [line for group in self._groups for line in unless_absent(partial(self._of, group, start)) or ()]

    def _of(self, group: str, start: int) -> list[LogLine]:
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start)
        lines = (_line(group, event) for page in pages for event in page["events"])
        return [line for line in lines if self._is_ours(line)]

    def days_kept(self) -> dict[str, int | None]:
        """The days for which each existing group keeps its lines, None for ever."""
        described = self._logs.get_paginator("describe_log_groups")
        pages = [page for group in self._groups for page in described.paginate(logGroupNamePrefix=group)]
        found = {each["logGroupName"]: each.get("retentionInDays") for page in pages for each in page["logGroups"]}
        return {group: found[group] for group in self._groups if group in found}

    def _is_ours(self, line: LogLine) -> bool:
        """False for the stream of a function that is not ours: in a group that is named, each has its function's name.

        https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
        """
        function = _STREAM.fullmatch(line.stream)
        return function is None or not self._functions or function[1] in self._functions

    def _groups_exist(self) -> bool:
        for group in self._groups:
            self._logs.filter_log_events(logGroupName=group, limit=1)
        return True

    def complete(
        self, start: int, request_ids: Iterable[str], *, within: float, unnamed: int = 0, execution: str = ""
    ) -> list[LogLine]:
        """Return `since(start)` once each of these invocations has its REPORT line. Raises LogsIncomplete.

        `unnamed`: how many invocations of `execution` have to have reported beside those, whatever their ids. If a
        group does not exist, raises AWS's error for it instead, after at most _GROUP_SECONDS.
        """
        if self._unlogged:
            raise LogsIncomplete(
                "The functions' LoggingConfig leaves out lines that the acceptance reads.",
                evidence=self._unlogged,
                remedy="set the level to INFO in template.yaml, and run sam deploy",
            )
        wanted = set(request_ids)
        missing: set[str] = wanted

        def ask() -> list[LogLine] | None:
            nonlocal missing
            lines = self.since(start)
            missing = wanted - {line.platform[1] for line in lines if line.platform and line.platform[0] == "REPORT"}
            if unnamed > (others := len(_reported_by(lines, execution) - wanted)):
                missing = {*missing, f"{unnamed - others} whose request id the history does not hold"}
            return None if missing else lines

        if not unless_absent(self._groups_exist):
            within = min(within, _GROUP_SECONDS)
        try:
            return eventually(
                ask,
                what=f"the REPORT lines of {len(wanted) + unnamed} invocations in {', '.join(self._groups)}",
                seen=lambda: f"{len(missing)} still missing: {', '.join(sorted(missing))}",
                within=within,
                every=self._every,
            )
        except NotSeen as late:
            self._groups_exist()
            raise LogsIncomplete(str(late), remedy="CloudWatch takes lines in late; run again") from None


def _line(group: str, event: FilteredLogEventTypeDef) -> LogLine:
    """Convert a CloudWatch event; if an emulator gives it no id, the whole event serves as id."""
    stream, at, text = event["logStreamName"], event["timestamp"], event["message"]
    return LogLine(group, stream, at, text, event.get("eventId") or f"{stream} {at} {text}")


def invocations(lines: Iterable[LogLine]) -> list[Invocation]:
    """Group `lines` into invocations; an execution environment, hence a log stream, serves one at a time."""
    found, open_in = [], {}
    for line in lines:
        kind, request_id = line.platform or ("", "")
        if kind == "START":
            open_in[line.group, line.stream] = Invocation(request_id, line.at)
            found.append(open_in[line.group, line.stream])
        if current := open_in.get((line.group, line.stream)):
            current.lines.append(line)
            if kind == "REPORT":
                current.ended = line.at
                del open_in[line.group, line.stream]
    return found


def _reported_by(lines: list[LogLine], execution_arn: str) -> set[str]:
    """The request ids of the invocations that have reported and name this execution, or none: such failed in init."""
    ended = [each for each in invocations(lines) if each.ended is not None]
    named = [{line.fields["execution_id"] for line in each.lines if "execution_id" in line.fields} for each in ended]
    return {each.request_id for each, names in zip(ended, named, strict=True) if not names or execution_arn in names}


def without_others(lines: list[LogLine], execution_arn: str, ours: Collection[str] | None = None) -> list[LogLine]:
    """`lines` without the invocations and lines that name another execution; lines that name none are kept.

    `ours`: the request ids of all invocations of the execution, where these are known: every other one is not ours.
    """

    def foreign(line: LogLine) -> bool:
        return bool(line.fields.get("execution_id", execution_arn) != execution_arn)

    found = invocations(lines)
    theirs = [i.lines for i in found if any(map(foreign, i.lines)) or (ours is not None and i.request_id not in ours)]
    others = {id(line) for invocation in theirs for line in invocation}
    return [line for line in lines if id(line) not in others and not foreign(line)]


def holding(lines: Iterable[LogLine], *words: str) -> list[LogLine]:
    """The lines that contain any of `words` as a substring, case-sensitively, as CloudWatch's filter matches."""
    return [line for line in lines if any(word in line.text for word in words)]


def complaints(lines: Iterable[LogLine]) -> list[tuple[int, str]]:
    """(count, text) of the lines above INFO, grouped by text, most frequent first."""
    loud = Counter(
        f"{line.fields['level']}: {line.fields.get('message')}" if "level" in line.fields else line.text.strip()
        for line in holding(lines, *ABOVE_INFO)
    )
    return [(count, text) for text, count in loud.most_common()]


_LATE = 10_000  # milliseconds: lines may appear in CloudWatch out of order


class Tail:
    """Follows the logs from `start` (epoch milliseconds) on; `lines` are all lines seen so far."""

    def __init__(self, logs: Logs, start: int) -> None:
        self._logs, self._start = logs, start
        self._seen: dict[str, LogLine] = {}

    @property
    def lines(self) -> list[LogLine]:
        return list(self._seen.values())

    def look(self) -> list[LogLine]:
        """Return the lines that are new since the last call."""
        since = max([self._start, *(line.at - _LATE for line in self._seen.values())])
        new = [line for line in self._logs.since(since) if line.id not in self._seen]
        self._seen |= {line.id: line for line in new}
        return new


def written(lines: list[LogLine]) -> str:
    """Format the lines as text, sorted by time: timestamp, log group, stream, message.

    Continuation lines of a message are marked, so that only a new message begins with a timestamp.
    """
    return "".join(
        f"{datetime.fromtimestamp(line.at / 1000, UTC).isoformat(timespec='milliseconds')} {line.group} {line.stream} "
        f"{quoted(visible(line.text).rstrip())}\n"
        for line in sorted(lines, key=lambda line: line.at)
    )
