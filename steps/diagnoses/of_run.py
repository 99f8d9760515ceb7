"""Diagnoses a failed execution by the name of its error and the wording of its cause."""

from __future__ import annotations

import re
from typing import NamedTuple

from steps.diagnoses.ids import Diagnosis
from steps.drivers.step_functions import Run, message, raising_frames
from steps.suite.deviation import Deviation


class Sign(NamedTuple):
    """An error whose name and cause match these patterns points to `diagnosis`."""

    diagnosis: Diagnosis
    error: str
    cause: str = ""


_ITSELF = r"Unable to import module '(\w+)(?:[./][\w./]*)?': No module named '\1(?:\.[\w.]*)?'"
"""Matches if the missing module is the handler's own."""
# A pipeline may use its own names for these errors, or those of its libraries.
_SETTINGS = r"(Settings|Configuration|Environment)Error$"
_DATABASE = r"^(DatabaseUnavailableError|OperationalError|InterfaceError|ConnectionTimeout)$"
# The first sign that matches counts, so more specific signs come first.
_SIGNS = (
    Sign(Diagnosis.ENVIRONMENT_VARIABLE_MISSING, _SETTINGS, r"missing(?! or)|not set"),
    Sign(Diagnosis.ENVIRONMENT_VARIABLE_WRONG, _SETTINGS),
    Sign(Diagnosis.ROLE_WRONG, "", r"cannot be assumed|not authorized to (assume|perform: sts:AssumeRole)"),
    Sign(Diagnosis.EVENT_CONTRACT_BROKEN, "", r"\$\.detail\."),
    Sign(Diagnosis.PERMISSION_MISSING, "", r"not authorized to perform|AccessDenied|\(403\)"),
    Sign(Diagnosis.PERMISSION_MISSING, "AccessDenied"),
    Sign(Diagnosis.HANDLER_MISNAMED, "ImportModuleError", _ITSELF),
    Sign(Diagnosis.HANDLER_MISNAMED, r"HandlerNotFound|MalformedHandlerName"),
    # Top-level modules only: a package that lacks a part was built for another architecture or Python.
    Sign(Diagnosis.LAYER_MISSING, r"ImportModuleError|ModuleNotFoundError", r"No module named '\w+'"),
    Sign(Diagnosis.FUNCTION_THROTTLED, "TooManyRequestsException"),
    Sign(Diagnosis.FUNCTION_OUT_OF_MEMORY, "ExitError", r"signal: killed"),
    Sign(Diagnosis.FUNCTION_OUT_OF_MEMORY, r"Runtime\.OutOfMemory|MemoryError"),
    Sign(Diagnosis.FUNCTION_TIMEOUT, r"Sandbox\.Timedout"),
    Sign(Diagnosis.FUNCTION_TIMEOUT, "", r"Task timed out"),
    Sign(Diagnosis.FUNCTION_MISSING, "ResourceNotFoundException", r"[Ff]unction not found"),
    Sign(Diagnosis.FUNCTION_MISSING, r"^Lambda\.Resource(NotReady|Conflict)Exception"),
    Sign(Diagnosis.SECRET_MISSING, "", r"Secrets Manager can't find|on the secret because it was"),
    Sign(Diagnosis.TABLE_MISSING, "ResourceNotFoundException"),
    Sign(Diagnosis.BUCKET_MISSING, "NoSuchBucket"),
    Sign(Diagnosis.SECRET_REFUSED, _DATABASE, r"password|authentication|no pg_hba"),
    Sign(Diagnosis.CONNECTIONS_EXHAUSTED, "", r"too many (clients|connections)|remaining connection slots"),
    Sign(Diagnosis.ENVIRONMENT_VARIABLE_WRONG, _DATABASE, r"database .* does not exist|failed to resolve host"),
    Sign(Diagnosis.AURORA_STOPPED, _DATABASE, r"[Cc]onnection refused|starting up|shutting down"),
    Sign(Diagnosis.AURORA_RESUMING, _DATABASE, r"connected, and no answer"),
    Sign(Diagnosis.AURORA_UNREACHABLE, _DATABASE),
    Sign(Diagnosis.CHUNK_LOST, "CheckViolation", r"chunk_plan"),
    Sign(Diagnosis.CHUNK_LOST, "UniqueViolation", r"rejected_records"),  # one line in two chunks
    Sign(Diagnosis.LOCK_WRONG, "LockLostError"),
    Sign(Diagnosis.FATE_WRONG, "NumericValueOutOfRange", r"bigint out of range"),  # the column holds what is lawful
    Sign(
        Diagnosis.SCHEMA_WRONG,
        r"Undefined(Table|Column|Function|Object)|InvalidColumnReference|NumericValueOutOfRange|DataRightTruncation",
    ),
    Sign(Diagnosis.SCHEMA_WRONG, "", r"(relation|column|constraint|function) .* does not exist"),
    Sign(Diagnosis.DATABASE_REFUSED, r"Violation|InsufficientPrivilege|ReadOnlySqlTransaction|Deadlock|Serialization"),
    Sign(Diagnosis.DATABASE_REFUSED, r"QueryCanceled|LockNotAvailable"),
    Sign(Diagnosis.CHUNK_LOST, "ProcessingError", r"chunks are done|is in no plan|do not add up"),
    Sign(Diagnosis.TOO_SLOW, "ProcessingError", r"took longer than"),
    # If the cause lists several reasons, the most frequent comes first.
    Sign(Diagnosis.USERS_MISSING, "ProcessingError", r"^((?!UserInactive|Validation).)*UserNotFoundError"),
    Sign(Diagnosis.USERS_WRONG, "ProcessingError", r"^((?!UserNotFound|Validation).)*UserInactiveError"),
    Sign(Diagnosis.RECORDS_REJECTED, "ProcessingError", r"ValidationError|rejected"),
    Sign(Diagnosis.FILE_REJECTED, r"^(ValidationError|ObjectGoneError)$"),
    Sign(Diagnosis.TOO_SLOW, r"States\.(Timeout|HeartbeatTimeout)|TIMED_OUT"),
    # The second event of an execution enters the first state, which reads nothing but the input.
    Sign(Diagnosis.EVENT_CONTRACT_BROKEN, r"States\.", r"entered at the event id #2\)|[Pp]ath ['\"]\$\.detail"),
    Sign(Diagnosis.EVENT_CONTRACT_BROKEN, "EventError", r"\bobject\.\w+: "),
    Sign(Diagnosis.STATE_DATA_LOST, r"States\.|EventError"),
    Sign(Diagnosis.FUNCTION_CANNOT_START, r"Runtime\.|InvalidParameter"),
)


def diagnose_run(run: Run) -> list[Deviation]:
    """Return the deviation of an execution that did not succeed, with the state and the function that failed."""
    task = run.failed_task
    return of_failure(run.status, run.error, run.cause, str(task) if task else None)


def of_failure(status: str, error: str | None, cause: str | None, state: str | None = None) -> list[Deviation]:
    """Return the deviation of an execution that did not succeed; empty for one that SUCCEEDED."""
    if status == "SUCCEEDED":
        return []
    name, why = error or status, " ".join(message(cause).split())
    diagnosis = next((sign.diagnosis for sign in _SIGNS if _fits(sign, name, why)), Diagnosis.STATE_FAILED)
    where = f", in the state {state}" if state else ""
    where += f", raised in {', called from '.join(reversed(frames))}" if (frames := raising_frames(cause)) else ""
    return [Deviation(diagnosis, f"the execution {status} with {name}: {why[:600]}".rstrip(": ") + where)]


def of_start(by: str, why: str) -> list[Deviation]:
    """Return a deviation if the upload started no execution by itself."""
    return [] if by == "event" else [Deviation(Diagnosis.EVENT_NOT_DELIVERED, f"the upload has started nothing: {why}")]


def of_late_start(arn: str, seconds: float) -> Deviation:
    """Return the deviation of an execution that the upload's event has started after another was started by hand."""
    return Deviation(Diagnosis.EVENT_LATE, f"the event has started {arn} {seconds:.0f} s after the upload")


def _fits(sign: Sign, error: str, cause: str) -> bool:
    return bool(re.search(sign.error, error) and re.search(sign.cause, cause))
