"""Errors that say their cause, their evidence and a remedy."""

from __future__ import annotations

from collections.abc import Iterable


def explain(cause: str, *, evidence: str | Iterable[str] = (), remedy: str = "") -> str:
    """Return the message of an explained error: its cause, a line for each piece of evidence, and the remedy."""
    pieces = [evidence] if isinstance(evidence, str) else evidence
    lines = [cause, *(f"  evidence: {each}" for each in pieces if each)]
    return "\n".join([*lines, f"  remedy: {remedy}"] if remedy else lines)


class ExplainedError(Exception):
    """An error with its cause in one sentence, its evidence and its remedy.

    The `diagnosis` of a subclass is the id in docs/diagnoses.md of a check that it breaks. Subclasses are for errors
    that are caught, or told from others in a report, by their kind. `failed_line` is the line of the checklist that
    is NO by this error: the pipeline is at fault, and not its environment.
    """

    failed_line: str | None = None

    def __init__(self, cause: str, *, evidence: str | Iterable[str] = (), remedy: str = "") -> None:
        super().__init__(explain(cause, evidence=evidence, remedy=remedy))
