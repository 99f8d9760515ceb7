"""The one error that a deployment ends with when it cannot be done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class DeployError(Exception):
    """Says in one sentence what stopped the deployment, then the evidence, then the remedy."""

    diagnosis = "pipeline-not-deployed"

    def __init__(self, cause: str, *, evidence: str = "", remedy: str) -> None:
        told = " ".join(evidence.split())
        super().__init__("\n".join(filter(None, [cause, told and f"  evidence: {told}", f"  remedy: {remedy}"])))


@contextmanager
def understanding(what: str) -> Iterator[None]:
    """Within the block, `what` is read as data: where its form is not the one that is wanted, DeployError names it."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise DeployError(
            f"{what} cannot be understood.",
            evidence=f"{type(error).__name__}: {error}",
            remedy="mend what the evidence says",
        ) from error
