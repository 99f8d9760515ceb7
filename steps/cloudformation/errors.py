"""The error raised when a deployment fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from steps.diagnoses.ids import Diagnosis
from steps.explained_error import ExplainedError


class DeployError(ExplainedError):
    """The pipeline cannot be deployed as its templates say."""

    diagnosis = Diagnosis.PIPELINE_NOT_DEPLOYED
    failed_line: str | None = "KNO-02"

    def __init__(self, cause: str, *, evidence: str = "", remedy: str) -> None:
        super().__init__(cause, evidence=" ".join(evidence.split()), remedy=remedy)


class NotDeployable(DeployError):
    """The suite or this machine cannot deploy what may be right: an unknown type, or pip without a network."""

    failed_line = None


@contextmanager
def understanding(what: str) -> Iterator[None]:
    """Convert errors from malformed data within the block into a DeployError that names `what` is being read."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise DeployError(
            f"{what} cannot be understood.",
            evidence=f"{type(error).__name__}: {error}",
            remedy="mend what the evidence says",
        ) from error
