"""Deviations: findings that are not as wanted, each with its diagnosis."""

from __future__ import annotations

from typing import NamedTuple

from steps.diagnoses.ids import Diagnosis


class Deviation(NamedTuple):
    """A finding that is not as wanted, in one sentence; docs/diagnoses.md explains its diagnosis."""

    diagnosis: Diagnosis
    text: str


_OF_THE_SUITE = (
    *(LookupError, TypeError, ValueError, AttributeError, ArithmeticError, NameError, RuntimeError, StopIteration),
)
"""Python's own errors, raised when a check meets data that it was not written for."""


def of_error(error: BaseException) -> list[Deviation]:
    """Return the deviation of an error with a `diagnosis`, or check-broken for a bug in a check; else nothing."""
    if diagnosis := getattr(error, "diagnosis", None):
        return [Deviation(diagnosis, str(error))]
    if isinstance(error, _OF_THE_SUITE):
        return [Deviation(Diagnosis.CHECK_BROKEN, f"{type(error).__name__}: {error}")]
    return []
