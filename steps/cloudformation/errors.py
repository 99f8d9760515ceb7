"""The error raised when a deployment fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class DeployError(Exception):
    """A deployment has failed; the message holds the cause in one sentence, the evidence and the remedy."""

    diagnosis = "pipeline-not-deployed"

    def __init__(self, cause: str, *, evidence: str = "", remedy: str) -> None:
        told = " ".join(evidence.split())
        super().__init__("\n".join(filter(None, [cause, told and f"  evidence: {told}", f"  remedy: {remedy}"])))


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
