"""The filled checklist, made anew from a verdict that was kept."""

from __future__ import annotations

import argparse
import sys

from steps.reporting import checklist, sheet
from steps.reporting.sheet import NotAVerdict


def main(told: argparse.Namespace) -> int:
    """Writes checklist.md and checklist.html beside the verdict of the command line, and prints where they are."""
    try:
        print(*sheet.remade(told.verdict, checklist.read()), sep="\n")
    except NotAVerdict as error:
        print(error, file=sys.stderr)
        return 1
    return 0
