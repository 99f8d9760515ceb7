"""Deploys the measured pipeline into the embedded AWS, uploads a file, and follows the execution to its end."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from benchmarks.report import BenchmarkError, Progress
from steps.drivers.logs import Logs
from steps.drivers.names import Names
from steps.drivers.postgres import Database
from steps.drivers.s3 import Inbox, Upload
from steps.drivers.step_functions import Run, Workflow
from steps.targets.embedded import embedded
from steps.targets.embedded_start import launch
from steps.targets.environment import Environment
from steps.targets.settings import read
from steps.targets.system import SystemUnderTest

_NAMES = Names(account="000000000000")
_LOOK = 1.0  # seconds
_PATIENCE = 900.0  # seconds: as long as an execution may take
_REPORT = re.compile(
    r"REPORT RequestId: (?P<id>\S+)\tDuration: (?P<ms>[\d.]+) ms.*Max Memory Used: (?P<mb>\d+) MB(?P<init>\tInit)?"
)


@dataclass(frozen=True)
class Processed:
    """The measurements of one processed file; all times in seconds.

    chunks: records per chunk. window: from entering the Map state to leaving it. steps: the tasks outside the Map.
    tasks: total of the chunks' tasks by the history. lambdas: total duration of their invocations by the REPORT lines.
    workers: most concurrent chunks. cold_starts: of the chunks' invocations. memory_mb: the most that a function used
    in any step. payload_bytes: the longest input or output in the history. events: number of events in the history.
    """

    chunks: list[int]
    window: float
    upload_to_end: float
    steps: dict[str, float]
    tasks: float
    lambdas: float
    workers: int
    cold_starts: int
    memory_mb: int
    payload_bytes: int
    events: int


class Pipeline:
    """A pipeline in an embedded AWS of its own."""

    def __init__(self, place: Environment, progress: Progress) -> None:
        self._place, self._progress = place, progress
        self._inbox = Inbox(place.client("s3"), place.names.bucket)
        self._workflow = Workflow(place.client("stepfunctions"), place.names.state_machine_arn, every=_LOOK)
        self._logs = Logs(place.client("logs"), place.names.log_groups)

    def process(self, content: bytes) -> Processed:
        """Upload `content` and follow the execution that this starts; raises BenchmarkError if it does not succeed."""
        began, patience = time.time(), self._place.patience
        upload = self._inbox.deliver("benchmark.csv", content)
        arn = self._workflow.started_by(upload, within=patience.start)
        run = self._workflow.ended(arn, within=_PATIENCE)  # without reading histories, which would use the same cores
        self._place.check()
        if run.status != "SUCCEEDED":
            raise BenchmarkError(f"The execution {run}\n  remedy: run the acceptance, pytest -m local")
        return self._processed(run, upload, run.ended.timestamp() - began)

    def _processed(self, run: Run, upload: Upload, upload_to_end: float) -> Processed:
        in_map = {task.request_id for task in run.chunk_tasks}
        ids = {task.request_id for task in run.tasks if task.request_id}
        lines = self._logs.complete(upload.at, ids, within=self._place.patience.logs)
        reports = [found for line in lines if (found := _REPORT.match(line.text)) and found["id"] in ids]
        chunks = [report for report in reports if report["id"] in in_map]
        at = {event["type"]: event["timestamp"] for event in run.history if event["type"].startswith("MapState")}
        return Processed(
            chunks=self._plan(upload),
            window=(at["MapStateExited"] - at["MapStateEntered"]).total_seconds(),
            upload_to_end=upload_to_end,
            steps={t.state: (t.ended - t.started).total_seconds() for t in run.tasks if t.ended and not t.in_map},
            tasks=sum((task.ended - task.started).total_seconds() for task in run.chunk_tasks if task.ended),
            lambdas=sum(float(report["ms"]) for report in chunks) / 1000,
            workers=run.peak_chunks,
            cold_starts=sum(report["init"] is not None for report in chunks),
            memory_mb=max(int(report["mb"]) for report in reports),
            payload_bytes=max(_payloads(run.history)),
            events=len(run.history),
        )

    def _plan(self, upload: Upload) -> list[int]:
        """The number of records of each chunk in the pipeline's plan."""
        database = Database(self._place.database_url, self._place.sql)
        try:
            rows = database.ask("chunks", bucket=upload.bucket, key=upload.key, version_id=upload.version_id)
        finally:
            database.close()
        return [row["record_count"] for row in rows]


def _payloads(history: list[dict[str, Any]]) -> Iterator[int]:
    """Yield the length in bytes of each input and output in the events."""
    for event in history:
        for details in event.values():
            if isinstance(details, dict):
                yield from (len(details[part].encode()) for part in ("input", "output") if part in details)


@contextmanager
def deployed(system: SystemUnderTest, progress: Progress) -> Iterator[Environment]:
    """Yield `system` deployed into an embedded AWS, which is stopped at the end of the block."""
    starting = launch(_NAMES)
    try:
        users = read(system.settings, {}, needed=()).users
        told: dict[str, Any] = {"say": progress.say, "phase": lambda name: nullcontext()}
        yield embedded(starting, system, names=_NAMES, test_users=users, **told)
    finally:
        starting.result().stop()
