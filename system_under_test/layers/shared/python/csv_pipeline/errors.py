"""The errors that a step may raise; Step Functions, the batch job and the audit trail show their class names."""

from enum import StrEnum


class PipelineError(Exception):
    """Base class of the pipeline's own errors."""


class SettingsError(PipelineError):
    """The function's environment variables are missing or malformed; the message names every one at fault."""


class EventError(PipelineError):
    """The function was called with an event that it does not accept; the message names every field at fault."""


class ValidationError(PipelineError):
    """The file breaks a rule that holds for it as a whole, so none of it is processed."""


class ProcessingError(PipelineError):
    """The file could not be processed as it must be: a broken sum, or more rejected records than tolerated."""


class ObjectGoneError(PipelineError):
    """The object version that the execution is about no longer exists."""


class LockLostError(PipelineError):
    """Another execution took the job lock before this one could complete."""


class DatabaseUnavailableError(PipelineError):
    """Aurora could not be reached or refused the connection."""


class Reason(StrEnum):
    """The reasons for rejecting a single record, as they appear in logs, `rejected_records` and the summary."""

    VALIDATION = "ValidationError"
    USER_NOT_FOUND = "UserNotFoundError"
    USER_INACTIVE = "UserInactiveError"
