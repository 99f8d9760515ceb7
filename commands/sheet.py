"""The filled checklist, made anew from a verdict that was kept."""

from __future__ import annotations

from pathlib import Path

from steps.reporting import checklist, sheet
from steps.reporting.sheet import NotAVerdict

__all__ = ["VERDICT", "NotAVerdict", "remade"]
VERDICT = Path(__file__).resolve().parents[1] / "reports" / "verdict.json"


def remade(verdict: Path) -> list[Path]:
    """checklist.md and checklist.html, written beside `verdict`; raises NotAVerdict."""
    return sheet.remade(verdict, checklist.read())
