"""One process of a function from start to end, and its invocations, which run one at a time."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple, cast

from local_aws.lambda_ import outcome, platform_events, report
from local_aws.lambda_.environment import Places, environment, variables_of
from local_aws.lambda_.logs import LogStream
from local_aws.lambda_.node import find_node
from local_aws.lambda_.outcome import Outcome
from local_aws.lambda_.output import Output
from local_aws.lambda_.processes import Process, Processes, Streams, start
from local_aws.lambda_.runtime_api import Answered, Exited, Failed, InitFailed, Ready, Report, RuntimeApi, Task
from local_aws.lambda_.spec import FunctionSpec

INIT_SECONDS = 10.0
"""The time that Lambda allows for init before the function's timeout starts to run."""


class Invocation(NamedTuple):
    """One call of a function."""

    request_id: str
    event: bytes
    function_arn: str
    """The ARN as called, including the version or alias."""
    headers: dict[str, str]


class Ground(NamedTuple):
    """The dependencies of a process."""

    processes: Processes
    places: Places
    log: LogStream
    endpoint_url: str
    watch: Callable[[int], object]
    """Called with the process's id."""


class Sandbox:
    """A running process that serves invocations of `spec`."""

    def __init__(self, spec: FunctionSpec, ground: Ground) -> None:
        self.spec = spec
        self._log = ground.log
        self._temporary = ground.places.temporary
        self._reports = queue.SimpleQueue[Report]()
        self._api = RuntimeApi(self._reports.put)
        self._rename = partial(ground.places.rename, spec=spec)
        self._output = Output(self._log.write, self._rename)
        self._init_seconds: float | None = None
        self._started = time.monotonic()
        self._lines = platform_events if spec.writes_json else report
        self._log.write(self._lines.init_start(spec))
        self._process = self._spawn(ground)
        self._api.caller.set_result(self._process.pid)
        ground.watch(self._process.pid)
        self._output.follow()
        threading.Thread(target=self._report_end, name=f"function-{self._process.pid}", daemon=True).start()

    @property
    def alive(self) -> bool:
        """True if it can still serve."""
        return self._process.poll() is None

    def invoke(self, invocation: Invocation) -> Outcome:
        """Run one invocation to its end; if it costs the process, `alive` is False afterwards."""
        first = self._init_seconds is None
        self._log.tail = ""
        failure = self._await_init(invocation.request_id) if first else None
        self._log.write(self._lines.start(self.spec, invocation.request_id))
        begun = time.monotonic()
        result = failure or self._run(invocation)
        seconds, used_mb = time.monotonic() - begun, report.peak_memory_mb(self._process.pid)
        if used_mb > self.spec.memory_mb and not failure:  # known only afterwards; Lambda kills the process at once
            result = outcome.out_of_memory(invocation.request_id)
        figures = report.Figures(
            seconds=seconds,
            init_seconds=self._init_seconds if first else None,
            used_mb=min(used_mb, self.spec.memory_mb),
            lost_by=result.error if failure or result.error in outcome.LOSSES else None,
        )
        if figures.lost_by:
            self.kill()
        self._output.drain()
        if figures.lost_by == outcome.TIMED_OUT:
            self._log.write(self._lines.task_timed_out(self.spec, invocation.request_id))
        self._log.write(self._lines.end(self.spec, invocation.request_id))
        self._log.write(self._lines.report(self.spec, invocation.request_id, figures))
        return Outcome(result.payload, result.error, self._log.tail)

    def crash(self) -> None:
        """Kill the process and its process group, as if it had died by itself; return when it has ended."""
        if self.alive:
            self._kill_group()
        self._process.wait()

    def kill(self) -> None:
        """Kill the process group and wait for the process; then close the Runtime API, delete the temporary folder."""
        self.crash()
        self._api.close()
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _spawn(self, ground: Ground) -> Process:
        places, credentials = ground.places, ground.log.credentials
        variables = environment(self.spec, places, credentials, ground.endpoint_url, ground.log.name, self._api.address)
        streams = Streams(self._output.lines, self._output.frames)
        if self.spec.is_node:
            return start(places, variables, streams, find_node(), str(places.runtime / "index.mjs"))
        return ground.processes.begin(places, variables_of(self.spec), variables, streams)

    def _await_init(self, request_id: str) -> Outcome | None:
        """Wait for init; return None, or the failure."""
        patience = max(0.0, self._started + INIT_SECONDS - time.monotonic()) + self.spec.timeout_s
        message = self._next_report(patience)
        result = self._outcome(message, request_id)
        ended = message.at if isinstance(message, Ready) else time.monotonic()
        self._init_seconds = ended - self._started
        self._output.drain()  # log its output so far before the lines that follow
        if result is not None and result.error is not None:
            self._log.write(self._lines.init_report(self.spec, self._init_seconds, result.error))
        return result

    def _run(self, invocation: Invocation) -> Outcome:
        headers = {
            **invocation.headers,
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + self.spec.timeout_s) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
        }
        self._api.tasks.put(Task(invocation.event, headers))
        result = self._outcome(self._next_report(self.spec.timeout_s), invocation.request_id)
        return cast(Outcome, result)  # None means Ready, which is reported only once

    def _next_report(self, patience: float) -> Report | None:
        try:
            return self._reports.get(timeout=patience)
        except queue.Empty:
            return None

    def _outcome(self, message: Report | None, request_id: str) -> Outcome | None:
        match message:
            case Ready():
                return None
            case Answered(payload):
                return outcome.answered(self._rename(payload))
            case InitFailed(error):
                self.crash()  # it ends by itself, but must not be given another invocation before
                return outcome.reported(self._rename(error))
            case Failed(error):
                return outcome.reported(self._rename(error))
            case Exited(status):
                return outcome.exited(request_id, status)
            case None:
                return outcome.timed_out(request_id, self.spec.timeout_s)

    def _report_end(self) -> None:
        status = self._process.wait()
        self._kill_group()  # its children may outlive it
        self._reports.put(Exited(status))

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
