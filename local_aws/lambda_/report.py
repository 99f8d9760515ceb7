"""The lines that Lambda itself adds to a function's log."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from local_aws.lambda_.outcome import TIMED_OUT
from local_aws.lambda_.spec import FunctionSpec
from local_aws.partition import partition_of


def init_start(spec: FunctionSpec) -> str:
    """The first log line of a process."""
    name, version = re.findall(r"[a-z]+|\d[\d.]*\d", spec.runtime)[:2]
    arn = f"arn:{partition_of(spec.region)}:lambda:{spec.region}::runtime:local"
    return f"INIT_START Runtime Version: {name}:{version}.v1\tRuntime Version ARN: {arn}\n"


def init_report(spec: FunctionSpec, seconds: float, error: str) -> str:
    """The line after a failed init."""
    return f"INIT_REPORT Init Duration: {seconds * 1000:.2f} ms\tPhase: init\tStatus: error\tError Type: {error}\n"


def start(spec: FunctionSpec, request_id: str) -> str:
    """The line before an invocation."""
    return f"START RequestId: {request_id} Version: {spec.version}\n"


def task_timed_out(spec: FunctionSpec, request_id: str) -> str:
    """The line after an invocation's timeout."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{at} {request_id} Task timed out after {spec.timeout_s:.2f} seconds\n\n"


def end(spec: FunctionSpec, request_id: str) -> str:
    """The line after an invocation."""
    return f"END RequestId: {request_id}\n"


@dataclass(frozen=True)
class Figures:
    """Measurements of one invocation."""

    seconds: float
    init_seconds: float | None
    """Set for the first invocation of a process only."""
    used_mb: int
    lost_by: str | None
    """The error type that ended the process, if any."""


def report(spec: FunctionSpec, request_id: str, figures: Figures) -> str:
    """The last line of an invocation."""
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {figures.seconds * 1000:.2f} ms",
        f"Billed Duration: {math.ceil((figures.seconds + (figures.init_seconds or 0)) * 1000)} ms",
        f"Memory Size: {spec.memory_mb} MB",
        f"Max Memory Used: {figures.used_mb} MB",
    ]
    if figures.init_seconds is not None:
        fields.append(f"Init Duration: {figures.init_seconds * 1000:.2f} ms")
    if figures.lost_by == TIMED_OUT:
        fields.append("Status: timeout")
    elif figures.lost_by is not None:
        fields += ["Status: error", f"Error Type: {figures.lost_by}"]
    return "\t".join(fields) + "\t\n"


def peak_memory_mb(pid: int) -> int:
    """The peak memory of a process (on macOS: its current memory) in MB; 0 if it has ended."""
    if sys.platform == "linux":
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return 0
        lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        return math.ceil(int(lines[0].split()[1]) / 1024) if lines else 0
    ps = subprocess.run(["/bin/ps", "-o", "rss=", "-p", str(pid)], stdout=subprocess.PIPE, check=False)
    return math.ceil(int(ps.stdout or 0) / 1024)
