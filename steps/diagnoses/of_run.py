"""Diagnoses a failed execution by the name of its error and the wording of its cause."""

from __future__ import annotations

import re
from typing import NamedTuple

from steps.drivers.step_functions import message
from steps.suite.deviation import Deviation


class Sign(NamedTuple):
    """An error whose name and cause match these patterns points to `diagnosis`."""

    diagnosis: str
    error: str
    cause: str = ""


_ITSELF = r"Unable to import module '(\w+)(?:[./][\w./]*)?': No module named '\1(?:\.[\w.]*)?'"
"""Matches if the missing module is the handler's own."""
# A pipeline may use its own names for these errors, or those of its libraries.
_SETTINGS = r"(Settings|Configuration|Environment)Error$"
_DATABASE = r"^(DatabaseUnavailableError|OperationalError|InterfaceError|ConnectionTimeout)$"
# The first sign that matches counts, so more specific signs come first.
_SIGNS = (
    Sign("environment-variable-missing", _SETTINGS, r"missing(?! or)|not set"),
    Sign("environment-variable-wrong", _SETTINGS),
    Sign("role-wrong", "", r"cannot be assumed|not authorized to (assume|perform: sts:AssumeRole)"),
    Sign("event-contract-broken", "", r"\$\.detail\."),
    Sign("permission-missing", "", r"not authorized to perform|AccessDenied|\(403\)"),
    Sign("permission-missing", "AccessDenied"),
    Sign("handler-misnamed", "ImportModuleError", _ITSELF),
    Sign("handler-misnamed", r"HandlerNotFound|MalformedHandlerName"),
    # Top-level modules only: a package that lacks a part was built for another architecture or Python.
    Sign("layer-missing", r"ImportModuleError|ModuleNotFoundError", r"No module named '\w+'"),
    Sign("function-throttled", "TooManyRequestsException"),
    Sign("function-out-of-memory", "ExitError", r"signal: killed"),
    Sign("function-out-of-memory", r"Runtime\.OutOfMemory|MemoryError"),
    Sign("function-timeout", r"Sandbox\.Timedout"),
    Sign("function-timeout", "", r"Task timed out"),
    Sign("function-missing", "ResourceNotFoundException", r"[Ff]unction not found"),
    Sign("secret-missing", "", r"Secrets Manager can't find|on the secret because it was"),
    Sign("table-missing", "ResourceNotFoundException"),
    Sign("bucket-missing", "NoSuchBucket"),
    Sign("secret-refused", _DATABASE, r"password|authentication|no pg_hba"),
    Sign("connections-exhausted", "", r"too many (clients|connections)|remaining connection slots"),
    Sign("environment-variable-wrong", _DATABASE, r"database .* does not exist|failed to resolve host"),
    Sign("aurora-stopped", _DATABASE, r"[Cc]onnection refused|starting up|shutting down"),
    Sign("aurora-unreachable", _DATABASE),
    Sign("chunk-lost", "CheckViolation", r"chunk_plan"),
    Sign("chunk-lost", "UniqueViolation", r"rejected_records"),  # one line in two chunks
    Sign("lock-wrong", "LockLostError"),
    Sign("schema-wrong", r"Undefined(Table|Column|Function|Object)|InvalidColumnReference|NumericValueOutOfRange"),
    Sign("schema-wrong", "", r"(relation|column|constraint|function) .* does not exist"),
    Sign("database-refused", r"Violation|InsufficientPrivilege|ReadOnlySqlTransaction|Deadlock|Serialization"),
    Sign("database-refused", r"QueryCanceled|LockNotAvailable"),
    Sign("chunk-lost", "ProcessingError", r"chunks are done|is in no plan|do not add up"),
    Sign("too-slow", "ProcessingError", r"took longer than"),
    # If the cause lists several reasons, the most frequent comes first.
    Sign("users-missing", "ProcessingError", r"^((?!UserInactive|Validation).)*UserNotFoundError"),
    Sign("users-wrong", "ProcessingError", r"^((?!UserNotFound|Validation).)*UserInactiveError"),
    Sign("records-rejected", "ProcessingError", r"ValidationError|rejected"),
    Sign("file-rejected", r"^(ValidationError|ObjectGoneError)$"),
    Sign("too-slow", r"States\.(Timeout|HeartbeatTimeout)|TIMED_OUT"),
    # The second event of an execution enters the first state, which reads nothing but the input.
    Sign("event-contract-broken", r"States\.", r"entered at the event id #2\)|[Pp]ath ['\"]\$\.detail"),
    Sign("event-contract-broken", "EventError", r"\bobject\.\w+: "),
    Sign("state-data-lost", r"States\.|EventError"),
    Sign("function-cannot-start", r"Runtime\.|InvalidParameter"),
)


def of_failure(status: str, error: str | None, cause: str | None) -> list[Deviation]:
    """Return the deviation of an execution that did not succeed; empty for one that SUCCEEDED."""
    if status == "SUCCEEDED":
        return []
    name, why = error or status, " ".join(message(cause).split())
    diagnosis = next((sign.diagnosis for sign in _SIGNS if _fits(sign, name, why)), "state-failed")
    return [Deviation(diagnosis, f"the execution {status} with {name}: {why[:600]}".rstrip(": "))]


def of_start(by: str, why: str) -> list[Deviation]:
    """Return a deviation if the upload started no execution by itself."""
    return [] if by == "event" else [Deviation("event-not-delivered", f"the upload has started nothing: {why}")]


def _fits(sign: Sign, error: str, cause: str) -> bool:
    return bool(re.search(sign.error, error) and re.search(sign.cause, cause))
