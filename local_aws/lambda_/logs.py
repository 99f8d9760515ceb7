"""A function's log: its lines, sent to CloudWatch Logs in the order in which they are written."""

from __future__ import annotations

import logging
import queue
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby

from local_aws.internal_client import CallFailed, Credentials, Wire
from local_aws.lambda_.spec import FunctionSpec

_MAX_BATCH = 5_000
_TAIL_CHARACTERS = 4_096
_LINGER_SECONDS = 0.1  # batches lines, as one call per line is expensive; CloudWatch's readers wait for seconds anyway
_log = logging.getLogger(__name__)


@dataclass
class LogStream:
    """The log stream of one process; written with the credentials of its role, as on AWS."""

    shipper: LogShipper
    group: str
    name: str
    region: str
    credentials: Credentials
    tail: str = ""
    """The last 4 KB since the invocation began, for LogType=Tail."""
    _latest: int = field(default=0, init=False)

    def write(self, message: str, timestamp: int | None = None) -> None:
        """Add one event unless it is empty; its `timestamp` is in milliseconds, by default now.

        A timestamp earlier than the previous event's is raised to that.
        """
        if not message:
            return
        self._latest = max(self._latest, timestamp or now())
        self.tail = (self.tail + message)[-_TAIL_CHARACTERS:]
        self.shipper.put(LogEvent(self, self._latest, message))


@dataclass(frozen=True)
class LogEvent:
    """One event not yet sent."""

    stream: LogStream
    timestamp: int
    message: str


def stream_name(spec: FunctionSpec) -> str:
    """A log stream name in Lambda's format: date, version, and 32 hexadecimal digits.

    In a group that LoggingConfig names, which other functions may share, it has the function's name too.
    """
    name = "" if spec.log_group == f"/aws/lambda/{spec.name}" else spec.name
    return f"{datetime.now(UTC):%Y/%m/%d}/{name}[{spec.version}]{secrets.token_hex(16)}"


def now() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class LogShipper:
    """One thread that sends the streams' events in order."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._events = queue.SimpleQueue[LogEvent | None]()
        self._thread = threading.Thread(target=self._run, name="log-shipper", daemon=True)
        self._thread.start()

    def put(self, event: LogEvent) -> None:
        """Enqueue an event without waiting."""
        self._events.put(event)

    def stop(self) -> None:
        """Return when all is sent."""
        self._events.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._events.get()) is not None:
            waiting = [first, *self._further()]
            by_stream = sorted(waiting, key=lambda event: event.stream.name)
            for _, group in groupby(by_stream, key=lambda event: event.stream.name):
                events = list(group)
                for begin in range(0, len(events), _MAX_BATCH):
                    self._put(events[begin : begin + _MAX_BATCH])

    def _further(self) -> Iterator[LogEvent]:
        """Yield the events that arrive within _LINGER_SECONDS, ending early on stop()."""
        until = time.monotonic() + _LINGER_SECONDS
        with suppress(queue.Empty):
            while (event := self._events.get(timeout=max(0.0, until - time.monotonic()))) is not None:
                yield event
            self._events.put(None)

    def _put(self, events: list[LogEvent]) -> None:
        stream = events[0].stream
        arguments = {
            "logGroupName": stream.group,
            "logStreamName": stream.name,
            "logEvents": [{"timestamp": event.timestamp, "message": event.message} for event in events],
        }
        try:
            try:
                self._call(stream, "PutLogEvents", arguments)
            except CallFailed as failure:
                if failure.code != "ResourceNotFoundException":
                    raise
                self._create(stream)
                self._call(stream, "PutLogEvents", arguments)
        except CallFailed as failure:
            _log.error("%d lines of %s are lost: %s", len(events), stream.group, failure)

    def _create(self, stream: LogStream) -> None:
        group, names = {"logGroupName": stream.group}, {"logGroupName": stream.group, "logStreamName": stream.name}
        try:
            self._call(stream, "CreateLogStream", names)
        except CallFailed as failure:
            if failure.code != "ResourceNotFoundException":
                raise
            # Tried last: most roles may not create log groups, as their functions' groups exist already.
            self._call(stream, "CreateLogGroup", group)
            self._call(stream, "CreateLogStream", names)

    def _call(self, stream: LogStream, operation: str, arguments: Mapping[str, object]) -> None:
        target = f"Logs_20140328.{operation}"
        self._wire.call("logs", stream.region, target, arguments, access_key=stream.credentials.access_key)
