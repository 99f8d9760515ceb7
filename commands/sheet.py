"""Regenerates the filled-in checklist from a saved verdict."""

from __future__ import annotations

import argparse
import sys

from steps.reporting import sheet
from steps.reporting.sheet import NotAVerdict
from steps.suite.visible_text import say
from steps.verdict import checklist


def main(told: argparse.Namespace) -> int:
    """Write checklist.md and checklist.html beside the given verdict, and print their paths."""
    try:
        say(*sheet.remade(told.verdict, checklist.read()))
    except NotAVerdict as error:
        say(error, file=sys.stderr)
        return 1
    return 0
