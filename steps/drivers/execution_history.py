"""States, tasks, chunks and concurrency of an execution: pure functions of the events in its history."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

Event = dict[str, Any]
Moment = TypeVar("Moment", datetime, int)

_TASK_ENDS = {"TaskSucceeded", "TaskFailed", "TaskTimedOut", "LambdaFunctionSucceeded", "LambdaFunctionFailed"}
_METADATA = re.compile(r'"SdkResponseMetadata":\s*\{"RequestId":\s*"([^"]+)"')
_FUNCTION = re.compile(r'(?:"FunctionName":\s*"|function:)(?:arn:[^"]*?:function:)?([\w-]+)')
_IN_CAUSE = re.compile(r"RequestId: ([\w-]+)")
_SCHEDULED = {"TaskScheduled", "LambdaFunctionScheduled"}


@dataclass(frozen=True)
class Task:
    """One attempt of one Task state: an invocation of a function, or a call of another service."""

    state: str
    in_map: bool
    started: datetime
    ended: datetime | None
    outcome: str
    error: str | None
    request_id: str | None
    """The request id of the function's invocation; None for another service, or if the history lacks it."""
    is_lambda: bool = True
    function: str | None = None
    """The function's name; None for another service, or if the history lacks it."""

    def __str__(self) -> str:
        return f"{self.state} (function {self.function})" if self.function else self.state

    @property
    def has_run_unnamed(self) -> bool:
        """True if a function has run and come to its end, and the history does not hold the request id."""
        own_error = not (self.error or "").startswith(("Lambda.", "States."))
        ended = self.outcome.endswith("Succeeded") or (self.outcome.endswith("Failed") and own_error)
        return self.is_lambda and self.request_id is None and ended


@dataclass(frozen=True)
class Retry:
    """One retry of a state that had failed with `error`."""

    state: str
    error: str


@dataclass(frozen=True)
class Reached:
    """The progress of an execution."""

    state: str
    chunks_done: int
    chunks: int

    def __str__(self) -> str:
        return f"{self.state}, {self.chunks_done} of {self.chunks} chunks" if self.chunks else self.state


def reached(history: Sequence[Event]) -> Reached:
    """The state entered last outside the Map, the number of chunks done and the number of chunks."""
    by_id = {event["id"]: event for event in history}
    entered = [e for e in history if e["type"].endswith("StateEntered") and not _in_map(e, by_id)]
    return Reached(
        state=entered[-1]["stateEnteredEventDetails"]["name"] if entered else "started",
        chunks_done=sum(event["type"] == "MapIterationSucceeded" for event in history),
        chunks=sum(e["mapStateStartedEventDetails"]["length"] for e in history if e["type"] == "MapStateStarted"),
    )


def tasks(history: Sequence[Event]) -> list[Task]:
    """Every attempt of every task, in order of start."""
    by_id = {event["id"]: event for event in history}
    ends = {_started(event, by_id)["id"]: event for event in history if event["type"] in _TASK_ENDS}
    return [
        _task(event, ends.get(event["id"]), by_id)
        for event in history
        if event["type"] in ("TaskStarted", "LambdaFunctionStarted")
    ]


def retries(history: Sequence[Event]) -> list[Retry]:
    """Every attempt after the first: a state has scheduled its task again since it was entered."""
    by_id = {event["id"]: event for event in history}
    found = []
    for event in history:
        if event["type"] in _SCHEDULED:
            since_entered = list(_back_to_entered(event, by_id))
            errors = [error for before in since_entered if (error := _error(before))]
            if any(before["type"] in _SCHEDULED for before in since_entered):
                state = by_id[since_entered[-1]["previousEventId"]]["stateEnteredEventDetails"]["name"]
                found.append(Retry(state, errors[0] if errors else "an error without a name"))
    return found


Spans = Sequence[tuple[datetime, datetime]]
"""(began, ended)"""


def iterations(history: Sequence[Event]) -> Spans:
    """The span of each Map iteration that succeeded, including waits inside it."""
    began = {
        event["mapIterationStartedEventDetails"]["index"]: event["timestamp"]
        for event in history
        if event["type"] == "MapIterationStarted"
    }
    return [
        (began[event["mapIterationSucceededEventDetails"]["index"]], event["timestamp"])
        for event in history
        if event["type"] == "MapIterationSucceeded"
    ]


def _back_to_entered(event: Event, by_id: dict[int, Event]) -> Iterator[Event]:
    """The events between `event` and the entry into its state, latest first."""
    while not (event := by_id[event["previousEventId"]])["type"].endswith("StateEntered"):
        yield event


def _started(end: Event, by_id: dict[int, Event]) -> Event:
    """The start of the attempt that ended; a task that waits for a token or a job was submitted between the two."""
    before = by_id[end["previousEventId"]]
    return by_id[before["previousEventId"]] if before["type"] == "TaskSubmitted" else before


def _task(start: Event, end: Event | None, by_id: dict[int, Event]) -> Task:
    *_, first = start, *_back_to_entered(start, by_id)
    before = by_id[start["previousEventId"]]
    scheduled = before.get("taskScheduledEventDetails", {})
    is_lambda = scheduled.get("resourceType", "lambda") in ("lambda", "aws-sdk:lambda")
    invoked = before.get("lambdaFunctionScheduledEventDetails", {}).get("resource") or scheduled.get("parameters") or ""
    function = _FUNCTION.search(invoked) if is_lambda else None
    entered = by_id[first["previousEventId"]]
    return Task(
        state=entered["stateEnteredEventDetails"]["name"],
        in_map=_in_map(start, by_id),
        started=start["timestamp"],
        ended=end["timestamp"] if end else None,
        outcome=end["type"] if end else "unfinished",
        error=_error(end) if end else None,
        request_id=_request_id(end) if end and is_lambda else None,
        is_lambda=is_lambda,
        function=function and function[1],
    )


def _error(event: Event) -> str | None:
    """The error in an event's details, whatever the event's type."""
    return next((str(part["error"]) for part in event.values() if isinstance(part, dict) and "error" in part), None)


def _in_map(event: Event, by_id: dict[int, Event]) -> bool:
    while (previous := by_id.get(event.get("previousEventId", 0))) is not None:
        if previous["type"] == "MapStateExited":
            return False
        if previous["type"] in ("MapIterationStarted", "MapStateStarted"):
            return True
        event = previous
    return False


def _request_id(end: Event) -> str | None:
    """The Lambda request id of a task that ended, from its result's metadata or the cause of its error.

    None if there is no such id, as for another service's task, or if the data is left out or cut off before it.
    """
    result = (end.get("taskSucceededEventDetails") or {}).get("output") or ""
    cause = (end.get("taskFailedEventDetails") or {}).get("cause") or ""
    try:
        found = json.loads(result or cause)
        metadata = found.get("SdkResponseMetadata", {}).get("RequestId") if result else found.get("requestId")
        if metadata or result:
            return metadata and str(metadata)
    except (ValueError, AttributeError):  # the cause of a crash is plain text, and long data may be cut off
        if result:
            told = _METADATA.search(result)
            return told and told[1]
    told = _IN_CAUSE.search(cause)  # of a timeout, the message alone names it
    return told and told[1]


def peak(spans: Iterable[tuple[Moment, Moment | None]]) -> int:
    """The maximum number of overlapping spans; a span without an end stays open.

    Two spans do not overlap if one ends at the moment at which the other starts.
    """
    moments: list[tuple[Moment, int, int]] = []
    for start, end in spans:
        moments.append((start, 1, 1))
        if end is not None:
            moments.append((end, 0, -1))
    most = running = 0
    for _, _, step in sorted(moments):
        running += step
        most = max(most, running)
    return most
