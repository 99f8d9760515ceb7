"""The functions' logs as they grow."""

from __future__ import annotations

from datetime import UTC, datetime

from steps.drivers.logs import LogLine, Logs
from steps.visible import quoted, visible

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
