"""The job of one invocation: its step, its execution, and the version of the file to process."""

from datetime import datetime
from typing import Any, NamedTuple


class ValidationError(Exception):
    """The file breaks a rule that holds for it as a whole, so none of it is applied."""


class ProcessingError(Exception):
    """The sums do not add up, or more records are rejected than tolerated."""


class ObjectGoneError(Exception):
    """The version of the file that the execution processes no longer exists."""


class Job(NamedTuple):
    """The input of a step, with the function's name and the request id."""

    step: str
    execution: str
    started: datetime
    attempt: int
    bucket: str
    key: str
    version: str
    part: int | None
    function: str
    request_id: str

    @classmethod
    def of(cls, event: dict[str, Any], context: Any) -> "Job":
        """Create the job of an event."""
        file = event["file"]
        return cls(
            event["step"],
            event["execution"],
            datetime.fromisoformat(event["started"]),
            event["attempt"],
            file["bucket"],
            file["key"],
            file["version"],
            event.get("part"),
            context.function_name,
            context.aws_request_id,
        )

    @property
    def file_id(self) -> str:
        """The name of this version in all tables."""
        return f"{self.bucket}/{self.key}#{self.version}"

    @property
    def results(self) -> str:
        """The key prefix of the results of this version in the bucket."""
        return f"results/{self.version}/"

    @property
    def named(self) -> dict[str, Any]:
        """The fields that identify the job in log lines and audit entries."""
        return {"execution_id": self.execution} | ({} if self.part is None else {"chunk": self.part})
