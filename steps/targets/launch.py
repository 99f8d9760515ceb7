"""Starts the embedded AWS in the background; imports nothing slow."""

from __future__ import annotations

from local_aws import LocalAws, Starting, surroundings
from steps.drivers.names import Names

__all__ = ["DATABASE", "Starting", "launch", "surroundings"]

DATABASE = "csvbatch"


def launch(names: Names) -> Starting:
    """Begins to start the embedded AWS, as a process alone: a thread would import while pytest registers plug-ins."""
    return LocalAws.launch(account=names.account, region=names.region, database=DATABASE)
