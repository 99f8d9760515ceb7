"""What is not as it has to be, and the diagnosis that it points to."""

from __future__ import annotations

from typing import NamedTuple


class Deviation(NamedTuple):
    """One sentence of what was found; `diagnosis` is an id of the documented list (docs/diagnoses.md)."""

    diagnosis: str
    text: str


def of_error(error: BaseException) -> list[Deviation]:
    """What an error points to that tells its own `diagnosis`."""
    diagnosis = getattr(error, "diagnosis", None)
    return [Deviation(diagnosis, str(error))] if diagnosis else []
