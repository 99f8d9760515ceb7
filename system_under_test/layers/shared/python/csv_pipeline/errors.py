"""The errors that a step may end with; their class names are what Step Functions, the batch job and the audit show."""

from enum import StrEnum


class PipelineError(Exception):
    """An error that the pipeline knows by name."""


class SettingsError(PipelineError):
    """The function's environment variables are missing or malformed; the message names every one at fault."""


class EventError(PipelineError):
    """The function was called with an event that is none of its own; the message names every field at fault."""


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
    """Why a single record is rejected, as logs, `rejected_records` and the summary name it."""

    VALIDATION = "ValidationError"
    USER_NOT_FOUND = "UserNotFoundError"
    USER_INACTIVE = "UserInactiveError"
