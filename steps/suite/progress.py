"""Progress: one live line in a terminal, plain lines in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from steps.run.delivery import Snapshot
from steps.suite.visible_text import in_one_line, quoted


class Progress:
    """Prints progress, even while pytest captures output, and keeps the snapshots and lines that it printed.

    `shown` masks the secrets in a text.
    """

    def __init__(
        self, terminal: pytest.TerminalReporter, capture: pytest.PytestPluginManager, shown: Callable[[str], str]
    ) -> None:
        self._shown = shown
        self._terminal, self._capture = terminal, capture.getplugin("capturemanager")
        self._live = terminal.isatty
        self._began = time.monotonic()
        self.snapshots: list[Snapshot] = []
        self.said: list[str] = []

    def say(self, text: str) -> None:
        """Print a line that starts with the seconds since the session's start."""
        self.said.append(text)
        with self._uncaptured():
            self._terminal.ensure_newline()
            self._erase()
            self._terminal.write_line(self._stamped(text))

    def show(self, snapshot: Snapshot) -> None:
        """Show a snapshot of the execution: in a terminal each, on the same line; in a log every change."""
        changed = not self.snapshots or self.snapshots[-1].reached != snapshot.reached
        self.snapshots.append(snapshot)
        text = in_one_line(
            f"{snapshot.reached}, {snapshot.seconds:.1f} s since its start, "
            f"{snapshot.lines} log lines, {snapshot.sessions} sessions"
        )
        if not self._live:
            if changed:
                self.say(text)
            return
        with self._uncaptured():
            self._terminal.ensure_newline()
            self._erase()
            self._terminal.write(self._stamped(text), flush=True)

    def _stamped(self, text: str) -> str:
        return f"{time.monotonic() - self._began:6.1f} s  {quoted(self._shown(text))}"

    def _erase(self) -> None:
        if self._live:
            self._terminal.write("\r\x1b[K")

    @contextmanager
    def _uncaptured(self) -> Iterator[None]:
        if self._capture is None:
            yield
            return
        with self._capture.global_and_fixture_disabled():
            yield


PROGRESS = pytest.StashKey[Progress]()
"""Stash key of the session's Progress."""
