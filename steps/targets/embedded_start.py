"""Starts and stops the embedded AWS of a session, and isolates the session from the workstation."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Mapping
from functools import partial
from shlex import quote

import pytest

from local_aws import LocalAws, Starting, surroundings
from steps.drivers.names import Names
from steps.suite.marks import find_mark
from steps.suite.reports import claimed

__all__ = ["DATABASE", "Starting", "launch", "surroundings"]

DATABASE = "csvbatch"
ACCOUNT = "000000000000"
CALLERS = pytest.StashKey[Mapping[str, str]]()
"""The caller's environment variables, where a session has isolated itself from them."""
_starting = pytest.StashKey[Starting]()


def launch(names: Names) -> Starting:
    """Start the embedded AWS as a process, not in a thread, which would import while pytest registers plug-ins."""
    return LocalAws.launch(account=names.account, region=names.region, database=DATABASE)


def pytest_addoption() -> None:
    """Refuse modules that shadow Python's own, before anything slow is imported: pytest calls this hook first."""
    # Most objects live as long as the session. Without this line and gc.freeze below an acceptance takes 3 to 14 % of
    # CPU more (2 cores, Python 3.11, 2026-11-28).
    gc.set_threshold(50_000)
    if shadowed := surroundings.shadow_nothing():
        evidence = "".join(f"\n  evidence: {name} is {file}" for name, file in shadowed.items())
        raise pytest.UsageError(f"PYTHONPATH shadows modules of Python's own.{evidence}\n  remedy: unset PYTHONPATH")


def pytest_configure(config: pytest.Config) -> None:
    """Isolate the session from the caller's environment variables, except for the dev account, which needs them."""
    if "aws-dev" in (config.option.target, find_mark(config)):
        return
    before = config.stash[CALLERS] = dict(os.environ)
    config.add_cleanup(partial(surroundings.adopt, before))
    surroundings.adopt(surroundings.isolated(before))
    if sys.warnoptions and claimed(config):
        sys.warnoptions.clear()  # PYTHONWARNINGS could turn a library's warning into an error
        warnings.resetwarnings()
        warnings.simplefilter("ignore", ResourceWarning)


def launch_for(config: pytest.Config, names: Names) -> Starting:
    """Start the session's embedded AWS; pytest_unconfigure stops it."""
    config.stash[_starting] = launch(names)
    return config.stash[_starting]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the embedded AWS after the verdict is printed; with --keep, print how to reach it instead."""
    gc.freeze()  # no garbage collection while Python exits
    starting = config.stash.get(_starting, None)
    if starting is None:
        return
    if not config.option.keep or isinstance(aws := starting.outcome, Exception):
        starting.stop()
        return
    terminal = config.pluginmanager.getplugin("terminalreporter")
    terminal.write_line(aws.keep())
    for name, value in aws.environment.items():
        terminal.write_line(f"export {name}={quote(value)}")
