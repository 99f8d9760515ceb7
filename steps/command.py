"""The project's own commands, run as people run them."""

from __future__ import annotations

import sys
from pathlib import Path
from shlex import quote

from steps.options import ROOT
from steps.targets.environment import CommandFailed, Environment


class Commands:
    """`python -m commands`, with the names of this environment."""

    def __init__(self, environment: Environment, settings: Path) -> None:
        self._environment, self._settings = environment, settings

    def said(self, command: str, **variables: str) -> str:
        """What `command` prints; raises CommandFailed."""
        which = f"--account={self._environment.names.account} --settings={quote(str(self._settings))}"
        line = f"{quote(sys.executable)} -m commands {command} {which}"
        return self._environment.shell(f"cd {quote(str(ROOT))} && {line}", **variables)

    def said_or_refused(self, command: str, **variables: str) -> str:
        """What it prints, whether it ends well or not."""
        try:
            return self.said(command, **variables)
        except CommandFailed as refused:
            return refused.said
