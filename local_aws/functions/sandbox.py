"""One process of a function, from its start to its end, and the invocations in between, one at a time."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from local_aws.functions import outcome, report
from local_aws.functions.environment import Places, environment
from local_aws.functions.logs import LogStream
from local_aws.functions.outcome import Outcome
from local_aws.functions.output import Output
from local_aws.functions.runtime_api import Answered, Exited, Failed, InitFailed, Ready, Report, RuntimeApi, Task
from local_aws.functions.spec import FunctionSpec

INIT_SECONDS = 10.0
"""What Lambda grants an init before the function's own time begins to run."""

_BOOTSTRAP = Path(__file__).parents[1] / "child" / "bootstrap.py"


class Invocation(NamedTuple):
    """One call of a function."""

    request_id: str
    event: bytes
    function_arn: str
    """As the caller named it, with its version or alias."""
    headers: dict[str, str]


class Sandbox:
    """A process that serves invocations of `spec`."""

    def __init__(self, spec: FunctionSpec, places: Places, log: LogStream, endpoint_url: str) -> None:
        self.spec = spec
        self._log = log
        self._temporary = places.temporary
        self._reports = queue.SimpleQueue[Report]()
        self._api = RuntimeApi(self._reports.put)
        self._output = Output(log.write)
        self._init_seconds: float | None = None
        self._started = time.monotonic()
        log.write(report.init_start(spec))
        variables = environment(spec, places, log.credentials, endpoint_url, log.name, self._api.address)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-X", "utf8", str(_BOOTSTRAP), str(places.layers)],
            cwd=places.task,
            env={**variables, "_LAMBDA_TELEMETRY_LOG_FD": str(self._output.frames)},
            stdin=subprocess.DEVNULL,
            stdout=self._output.lines,
            stderr=self._output.lines,
            pass_fds=(self._output.frames,),
            start_new_session=True,
        )
        self._output.follow()
        threading.Thread(target=self._report_end, name=f"function-{self.pid}", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process's id, which is also its group's."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can still serve."""
        return self._process.poll() is None

    def invoke(self, invocation: Invocation) -> Outcome:
        """Runs one invocation to its end; where the process is lost with it, `alive` is False afterwards."""
        first = self._init_seconds is None
        self._log.tail = ""
        failure = self._await_init(invocation.request_id) if first else None
        self._log.write(report.start(invocation.request_id, self.spec.version))
        begun = time.monotonic()
        result = failure or self._run(invocation)
        seconds = time.monotonic() - begun
        used_mb = report.peak_memory_mb(self.pid)
        lost = result.error if failure or result.error in ("Sandbox.Timedout", "Runtime.ExitError") else None
        if lost:
            self.kill()
        self._output.drain()
        if result.error == "Sandbox.Timedout":
            self._log.write(report.task_timed_out(invocation.request_id, self.spec.timeout_s))
        self._log.write(report.end(invocation.request_id))
        self._log.write(
            report.report(
                invocation.request_id,
                seconds,
                self._init_seconds if first else None,
                self.spec.memory_mb,
                used_mb,
                lost,
            )
        )
        return Outcome(result.payload, result.error, self._log.tail)

    def kill(self) -> None:
        """Ends the process and all that it has started; returns when it has ended."""
        if self.alive:
            self._kill_group()
        self._process.wait()
        self._api.close()
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _await_init(self, request_id: str) -> Outcome | None:
        """None when init is done, else how it failed."""
        try:
            message = self._reports.get(timeout=self._left_of_init())
            result = self._outcome(message, request_id)
        except queue.Empty:
            message, result = None, outcome.timed_out(request_id, self.spec.timeout_s)
        ended = message.at if isinstance(message, Ready) else time.monotonic()
        self._init_seconds = ended - self._started
        if result is not None and result.error is not None:
            self._output.drain()
            self._log.write(report.init_report(self._init_seconds, result.error))
        return result

    def _left_of_init(self) -> float:
        return max(0.0, self._started + INIT_SECONDS - time.monotonic()) + self.spec.timeout_s

    def _run(self, invocation: Invocation) -> Outcome:
        deadline = time.time() + self.spec.timeout_s
        headers = {
            **invocation.headers,
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
        }
        self._api.tasks.put(Task(invocation.event, headers))
        try:
            result = self._outcome(self._reports.get(timeout=self.spec.timeout_s), invocation.request_id)
        except queue.Empty:
            result = None
        return result or outcome.timed_out(invocation.request_id, self.spec.timeout_s)

    def _outcome(self, message: Report, request_id: str) -> Outcome | None:
        match message:
            case Ready():
                return None
            case Answered(payload):
                return outcome.answered(payload)
            case Failed(error) | InitFailed(error):
                return outcome.reported(error, request_id)
            case Exited(status):
                return outcome.exited(request_id, status)

    def _report_end(self) -> None:
        status = self._process.wait()
        self._kill_group()  # what it has started may outlive it
        self._reports.put(Exited(status))

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
