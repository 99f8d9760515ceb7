"""The project's own commands, run as people run them."""

from __future__ import annotations

import shlex
from pathlib import Path

from steps.targets.environment import CommandFailed, Environment


class Commands:
    """`python -m commands`, with the names of this environment."""

    def __init__(self, environment: Environment, settings: Path) -> None:
        self._environment, self._settings = environment, settings

    def said(self, command: str, **variables: str) -> str:
        """What `command` prints; raises CommandFailed."""
        which = f"--account={self._environment.names.account}", f"--settings={self._settings}"
        return self._environment.python("commands", *shlex.split(command), *which, **variables)

    def said_or_refused(self, command: str, **variables: str) -> str:
        """What it prints, whether it ends well or not."""
        try:
            return self.said(command, **variables)
        except CommandFailed as refused:
            return refused.said
