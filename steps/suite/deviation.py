"""What is not as it has to be, and the diagnosis that it points to."""

from __future__ import annotations

from typing import NamedTuple


class Deviation(NamedTuple):
    """One sentence of what was found; `diagnosis` is an id of the documented list (docs/diagnoses.md)."""

    diagnosis: str
    text: str


_OF_THE_SUITE = (
    *(LookupError, TypeError, ValueError, AttributeError, ArithmeticError, NameError, RuntimeError, StopIteration),
)
"""Errors that Python itself raises where a check meets what it was not made for."""


def of_error(error: BaseException) -> list[Deviation]:
    """What an error points to that tells its own `diagnosis`, or that is the suite's."""
    if diagnosis := getattr(error, "diagnosis", None):
        return [Deviation(diagnosis, str(error))]
    if isinstance(error, _OF_THE_SUITE):
        return [Deviation("check-broken", f"{type(error).__name__}: {error}")]
    return []
