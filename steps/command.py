"""The project's own commands, run as people run them."""

from __future__ import annotations

import sys
from shlex import quote

from steps.options import ROOT
from steps.targets.environment import CommandFailed, Environment


def said(environment: Environment, command: str, **variables: str) -> str:
    """What `python -m commands COMMAND` prints, with this environment's names; raises CommandFailed."""
    names = environment.names
    which = f"--account={names.account} --region={names.region} --project={names.project}"
    line = f"{quote(sys.executable)} -m commands {command} {which} --environment={names.environment}"
    return environment.shell(f"cd {quote(str(ROOT))} && {line}", **variables)


def said_or_refused(environment: Environment, command: str, **variables: str) -> str:
    """What it prints, or else why it has failed."""
    try:
        return said(environment, command, **variables)
    except CommandFailed as refused:
        return str(refused)
