"""The team's schedule: the phases of a session that make up each of its four phases."""

from __future__ import annotations

SCHEDULE = {
    "PHS-01": ("start", "deploy", "preconditions"),
    "PHS-02": ("prepare",),
    "PHS-03": ("run",),
    "PHS-04": ("check",),
}
"""The phases of a session, in order, by line of the checklist."""
