"""Starts the embedded AWS in the background; imports nothing slow."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias

from local_aws import LocalAws
from steps.drivers.names import Names

DATABASE = "csvbatch"
Starting: TypeAlias = Future[LocalAws]
"""An embedded AWS that is on its way."""


def launch(names: Names) -> Starting:
    """Begins to start the embedded AWS; the session has enough to do meanwhile."""
    beside = ThreadPoolExecutor(1)
    starting = beside.submit(LocalAws.start, account=names.account, region=names.region, database=DATABASE)
    beside.shutdown(wait=False)
    return starting
