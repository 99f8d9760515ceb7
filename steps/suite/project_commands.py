"""Runs the project's own commands with the arguments and variables of a user."""

from __future__ import annotations

import shlex
from pathlib import Path

from steps.targets.environment import CommandFailed, Environment


class Commands:
    """`python -m commands`, with the names of this environment."""

    def __init__(self, environment: Environment, settings: Path) -> None:
        self._environment, self._settings = environment, settings

    def said(self, command: str, **variables: str) -> str:
        """Return the output of `command`; raises CommandFailed."""
        which = f"--account={self._environment.names.account}", f"--settings={self._settings}"
        return self._environment.python("commands", *shlex.split(command), *which, **variables)

    def said_or_refused(self, command: str, **variables: str) -> str:
        """Return the output of `command`, whether it succeeds or fails."""
        try:
            return self.said(command, **variables)
        except CommandFailed as refused:
            return refused.said
