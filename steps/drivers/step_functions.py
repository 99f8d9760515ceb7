"""The workflow: executions of the state machine, found by their input."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from steps.drivers import console
from steps.drivers.absence import unless_absent
from steps.drivers.execution_history import Reached, Retry, Task, peak, reached, retries, tasks
from steps.drivers.execution_input import ObjectPaths, object_created
from steps.drivers.s3 import Upload
from steps.drivers.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

_RUNNING = ("RUNNING", "PENDING_REDRIVE")
_OF_THE_EVENT = ObjectPaths()
_HISTORY_SECONDS = 0.6  # between two reads of a running execution's history, which cost more than its status
_CLOCKS = 5_000  # milliseconds by which the clocks of S3 and Step Functions may differ
Watcher = Callable[[float, Reached], None]
"""Called on each poll of a running execution with the seconds since its start and its progress."""


@dataclass(frozen=True)
class Run:
    """An execution that has ended, in any status, with its history."""

    arn: str
    status: str
    started: datetime
    ended: datetime
    error: str | None
    cause: str | None
    output: dict[str, Any]
    definition: dict[str, Any]
    history: list[dict[str, Any]]
    console: str

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]

    @property
    def seconds(self) -> float:
        return (self.ended - self.started).total_seconds()

    @property
    def tasks(self) -> list[Task]:
        return tasks(self.history)

    @property
    def chunk_tasks(self) -> list[Task]:
        """The attempts to process a chunk: the Map's invocations of functions."""
        return [task for task in self.tasks if task.in_map and task.is_lambda]

    @property
    def retries(self) -> list[Retry]:
        return retries(self.history)

    @property
    def failed_task(self) -> Task | None:
        """The task that failed first with the execution's error, and whose state did not succeed at another attempt.

        None if no task has that error, as that of a Choice or of a time-out of the whole.
        """
        settled = {task.state for task in self.tasks if task.outcome.endswith("Succeeded") and not task.in_map}
        failed = (task for task in self.tasks if self.error and task.error == self.error)
        return next((task for task in failed if task.state not in settled), None)

    @property
    def duplicate_of(self) -> str | None:
        """The execution that owns the upload, if this one ended as its duplicate."""
        return self.output.get("duplicate_of")

    @property
    def peak_chunks(self) -> int:
        """The maximum number of chunks processed concurrently, from the history."""
        return peak((task.started, task.ended) for task in self.chunk_tasks)

    def __str__(self) -> str:
        how = f"{self.status} after {self.seconds:.1f} s"
        reason = f": {self.error}: {message(self.cause)}" if self.error else ""
        return f"{how}{reason}\n  execution: {self.console}"


@dataclass(frozen=True)
class Machine:
    """A state machine: its status, the ARN of its role, its definition, and its type, STANDARD or EXPRESS."""

    status: str
    role: str
    definition: dict[str, Any]
    kind: str = "STANDARD"

    @property
    def unsupported(self) -> list[str]:
        """Reasons why the suite cannot judge its executions: AWS writes no complete history for them."""
        found = ["it is an EXPRESS state machine"] if self.kind == "EXPRESS" else []
        return found + [f"{name} is a Distributed Map" for name in _distributed(self.definition)]


def invoked_qualifiers(definition: Mapping[str, Any], functions: Iterable[str]) -> dict[str, str]:
    """The version or alias by which the definition names each of these functions; those named without are left out."""
    text = json.dumps(definition)
    found = {name: re.search(rf"\b{re.escape(name)}:([\w$-]+)", text) for name in functions}
    return {name: match[1] for name, match in found.items() if match}


def inner_machines(state: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The state machines within a state: a Map's processor, which was named Iterator once, or Parallel's branches."""
    processor = state.get("ItemProcessor") or state.get("Iterator")
    return [*([processor] if processor else []), *state.get("Branches", ())]


def _distributed(machine: Mapping[str, Any]) -> Iterator[str]:
    for name, state in machine.get("States", {}).items():
        if state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
            yield name
        for inner in inner_machines(state):
            yield from _distributed(inner)


class NoStateMachine(Exception):
    """The state machine does not exist or is not active."""


class Workflow:
    """Starts, finds and follows executions of one state machine, whatever they process."""

    def __init__(
        self, stepfunctions: SFNClient, state_machine_arn: str, *, every: float, paths: ObjectPaths = _OF_THE_EVENT
    ) -> None:
        """`paths`: the JSONPaths at which an execution's input names the uploaded object."""
        self._sfn, self._machine, self._every, self._paths = stepfunctions, state_machine_arn, every, paths
        self._inputs: dict[str, dict[str, Any]] = {}
        self.started = set[str]()
        """The ARNs of the executions started by this object."""

    def start_for(self, upload: Upload) -> str:
        """Start an execution for `upload` directly, without the event rule. Return its ARN."""
        return self.start(self.input_for(upload))

    def input_for(self, upload: Upload) -> dict[str, Any]:
        """The input with which an execution for `upload` is started directly."""
        _, _, _, region, account, *_ = self._machine.split(":")
        return self._paths.input_for(upload, object_created(upload, account=account, region=region))

    def start(self, given: dict[str, Any]) -> str:
        """Start an execution with `given` as its input. Return its ARN."""
        arn = self._sfn.start_execution(stateMachineArn=self._machine, input=json.dumps(given))["executionArn"]
        self.started.add(arn)
        return arn

    def ready(self) -> str:
        """The ARN of the state machine. Raises NoStateMachine if it does not exist or is not active."""
        machine = self.found()
        if machine is None or machine.status != "ACTIVE":
            status = machine.status if machine else "not there"
            raise NoStateMachine(f"{self._machine} is {status}, so nothing can be started")
        return self._machine

    def found(self) -> Machine | None:
        """The state machine, or None if it does not exist."""
        answer = unless_absent(lambda: self._sfn.describe_state_machine(stateMachineArn=self._machine))
        if answer is None:
            return None
        definition, kind = json.loads(answer["definition"]), answer.get("type", "STANDARD")
        return Machine(answer.get("status", ""), answer["roleArn"], definition, kind)

    def input_of(self, arn: str) -> dict[str, Any]:
        """The input of an execution."""
        if arn not in self._inputs:  # an execution's input never changes
            self._inputs[arn] = json.loads(self._sfn.describe_execution(executionArn=arn).get("input") or "null")
        return self._inputs[arn]

    def runs(self, arn: str) -> bool:
        """True if an execution is still running; one that AWS no longer knows is not."""
        try:
            return self._sfn.describe_execution(executionArn=arn)["status"] in _RUNNING
        except self._sfn.exceptions.ExecutionDoesNotExist:
            return False

    def stop(self, arn: str) -> None:
        """Abort an execution, as from the console."""
        self._sfn.stop_execution(executionArn=arn)

    def started_by(self, upload: Upload, *, within: float) -> str:
        """Wait for the execution that the event rule starts for `upload`. Return its ARN; raises NotSeen."""

        def ask() -> str | None:
            return next(reversed(self.executions_of(upload)), None)

        return eventually(
            ask,
            what=f"an execution for {upload.key}, version {upload.version_id}, to start by itself",
            seen=lambda: (
                f"{len(list(self._started_since(upload.at)))} executions of {self._machine} since then, "
                "none with this upload as input"
            ),
            within=within,
            every=self._every,
        )

    def executions_of(self, upload: Upload) -> list[str]:
        """The ARNs of all executions whose input names this bucket, key and version, newest first.

        Those that started before the upload are not described: an account keeps thousands, of 90 days.
        """
        return [arn for arn in self._started_since(upload.at) if not self._paths.lacking_in(self.input_of(arn), upload)]

    def late_start(self, upload: Upload) -> tuple[str, float] | None:
        """The execution that an event has started beside one of `started`, and the seconds since the upload."""
        for arn in self.executions_of(upload):
            if arn not in self.started:
                return arn, self._sfn.describe_execution(executionArn=arn)["startDate"].timestamp() - upload.at / 1000
        return None

    def _started_since(self, at: int) -> Iterator[str]:
        """The executions since then (epoch milliseconds); Step Functions lists the newest first."""
        for page in self._sfn.get_paginator("list_executions").paginate(stateMachineArn=self._machine):
            for execution in page["executions"]:
                if execution["startDate"].timestamp() * 1000 < at - _CLOCKS:
                    return
                yield execution["executionArn"]

    def ended(self, arn: str, *, within: float, watch: Watcher | None = None) -> Run:
        """Wait for the execution to end, in any status, and report progress to `watch`. Raises NotSeen."""
        started = self._sfn.describe_execution(executionArn=arn)["startDate"]
        read = 0.0

        def ask() -> Run | None:
            nonlocal read
            described = self._sfn.describe_execution(executionArn=arn)
            running = described["status"] in _RUNNING
            if running and (watch is None or monotonic() - read < _HISTORY_SECONDS):
                return None
            read = monotonic()
            history = self.history(arn)
            if watch is not None:
                watch((datetime.now(started.tzinfo) - started).total_seconds(), reached(history))
            return None if running else self._run(described, history)

        return eventually(
            ask,
            what=f"the execution to end\n  execution: {self.console(arn)}",
            seen=lambda: f"RUNNING, {reached(self.history(arn))}",
            within=within,
            every=self._every,
        )

    def _run(self, described: DescribeExecutionOutputTypeDef, history: list[dict[str, Any]]) -> Run:
        arn = described["executionArn"]
        machine = self._sfn.describe_state_machine_for_execution(executionArn=arn)
        return Run(
            arn=arn,
            status=described["status"],
            started=described["startDate"],
            ended=described.get("stopDate", history[-1]["timestamp"]),  # emulators omit it after a timeout
            error=described.get("error"),
            cause=described.get("cause"),
            output=json.loads(described.get("output") or "{}"),
            definition=json.loads(machine["definition"]),
            history=history,
            console=self.console(arn),
        )

    def history(self, arn: str) -> list[dict[str, Any]]:
        """All events of an execution, in order."""
        pages = self._sfn.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [dict(event) for page in pages for event in page["events"]]

    @staticmethod
    def console(arn: str) -> str:
        """The URL of an execution's console page."""
        return console.execution(arn)


def message(cause: str | None) -> str:
    """The errorMessage of a function in an error's cause; the whole cause if it is not a function's."""
    try:
        return str(json.loads(cause or "")["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return cause or ""


def raising_frames(cause: str | None) -> list[str]:
    """Where a Python function's error was raised: `function (file, line n)` of the last three modules' packages.

    The innermost frame is often a library's, called by the pipeline's own code; so each package counts by its last
    frame, and those of the standard library not at all. Empty for a cause without a stackTrace.
    """
    try:
        trace = json.loads(cause or "").get("stackTrace") or []
    except (ValueError, AttributeError):
        return []
    frames: dict[str, str] = {}
    for path, line, function in re.findall(r'File "([^"]+)", line (\d+), in (\S+)', "\n".join(map(str, trace))):
        file = re.sub(r"^(/var/task|/opt/python|/opt)/", "", path)
        package = file.split("/")[0]
        if "/lib/python3" in file and "/site-packages/" not in file:
            continue
        frames.pop(package, None)
        frames[package] = f"{function} ({file}, line {line})"
    return list(frames.values())[-3:]
