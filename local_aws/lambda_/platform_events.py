"""The lines that Lambda itself adds to a function's log in JSON, with the signatures of `report`.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from local_aws.lambda_.outcome import TIMED_OUT
from local_aws.lambda_.report import Figures
from local_aws.lambda_.spec import FunctionSpec

_LEVELS = ("DEBUG", "INFO", "WARN")


def init_start(spec: FunctionSpec) -> str:
    """The first log line of a process."""
    return _event("initStart", "INFO", spec, initializationType="on-demand", phase="init", runtimeVersion=spec.runtime)


def init_report(spec: FunctionSpec, seconds: float, error: str) -> str:
    """The line after a failed init."""
    metrics = {"durationMs": round(seconds * 1000, 3)}
    return _event("initReport", "WARN", spec, phase="init", status="error", errorType=error, metrics=metrics)


def start(spec: FunctionSpec, request_id: str) -> str:
    """The line before an invocation."""
    return _event("start", "INFO", spec, requestId=request_id, version=spec.version)


def task_timed_out(spec: FunctionSpec, request_id: str) -> str:
    """Nothing: the report tells the timeout."""
    return ""


def end(spec: FunctionSpec, request_id: str) -> str:
    """The line after an invocation."""
    return _event("runtimeDone", "DEBUG", spec, requestId=request_id)


def report(spec: FunctionSpec, request_id: str, figures: Figures) -> str:
    """The last line of an invocation."""
    init = {} if figures.init_seconds is None else {"initDurationMs": round(figures.init_seconds * 1000, 3)}
    metrics = {
        "durationMs": round(figures.seconds * 1000, 3),
        "billedDurationMs": math.ceil((figures.seconds + (figures.init_seconds or 0)) * 1000),
        "memorySizeMB": spec.memory_mb,
        "maxMemoryUsedMB": figures.used_mb,
        **init,
    }
    told: dict[str, Any] = {"requestId": request_id, "metrics": metrics, "status": "success"}
    if figures.lost_by == TIMED_OUT:
        told |= {"status": "timeout"}
    elif figures.lost_by is not None:
        told |= {"status": "error", "errorType": figures.lost_by}
    return _event("report", "INFO" if figures.lost_by is None else "WARN", spec, **told)


def _event(kind: str, level: str, spec: FunctionSpec, **record: Any) -> str:
    """The event in one line; empty if the function's system log level leaves it out."""
    if _LEVELS.index(level) < _LEVELS.index(spec.system_log_level):
        return ""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": at, "type": f"platform.{kind}", "record": record}) + "\n"
