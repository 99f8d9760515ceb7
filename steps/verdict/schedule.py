"""The team's schedule: which phases of a session each of its four phases is made of."""

from __future__ import annotations

SCHEDULE = {
    "PHS-01": ("start", "deploy", "preconditions"),
    "PHS-02": ("prepare",),
    "PHS-03": ("run",),
    "PHS-04": ("check",),
}
"""By the line of the checklist; the phases of a session in their order."""
