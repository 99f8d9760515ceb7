"""The possible outcomes of an invocation, with Lambda's error types and messages."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass

MAX_RESPONSE_BYTES = 6_291_556

TIMED_OUT, EXITED, OUT_OF_MEMORY = "Sandbox.Timedout", "Runtime.ExitError", "Runtime.OutOfMemory"
LOSSES = (TIMED_OUT, EXITED, OUT_OF_MEMORY)
"""The error types that mean the process is lost."""


@dataclass(frozen=True)
class Outcome:
    """The response to the caller: the payload, and the error type if the function failed."""

    payload: bytes
    error: str | None = None
    log_tail: str = ""


def failed(error: str, message: str) -> Outcome:
    """An error that Lambda itself reports, not the function."""
    return Outcome(json.dumps({"errorType": error, "errorMessage": message}).encode(), error)


def answered(payload: bytes) -> Outcome:
    """The function's response, or an error if it is too large."""
    if len(payload) > MAX_RESPONSE_BYTES:
        return failed(
            "Function.ResponseSizeTooLarge",
            f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes).",
        )
    return Outcome(payload)


def reported(error: bytes) -> Outcome:
    """The error that the runtime client reported; an error of init has an empty request id, as on AWS."""
    return Outcome(error, json.loads(error).get("errorType") or "Unknown")


def timed_out(request_id: str, timeout_s: float) -> Outcome:
    """The function exceeded its timeout."""
    return failed(TIMED_OUT, f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds")


def exited(request_id: str, status: int) -> Outcome:
    """The function's process exited; `status` is a Popen.returncode, negative for a signal."""
    return failed(EXITED, f"RequestId: {request_id} Error: {exit_reason(status)}")


def out_of_memory(request_id: str) -> Outcome:
    """The function needed more memory than it has."""
    return failed(OUT_OF_MEMORY, f"RequestId: {request_id} Error: {exit_reason(-signal.SIGKILL)}")


def exit_reason(status: int) -> str:
    """Lambda's message for an exit status."""
    if status == 0:
        return "Runtime exited without providing a reason"
    if status > 0:
        return f"Runtime exited with error: exit status {status}"
    return f"Runtime exited with error: signal: {(signal.strsignal(-status) or str(-status)).lower()}"
