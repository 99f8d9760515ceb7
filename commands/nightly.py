"""The command-line interface of the nightly run's commands `trend`, `site` and `notify`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from steps.paths import REPORTS
from steps.suite.visible_text import say

Run = Callable[[argparse.Namespace], int]
"""Runs a command and returns its exit code."""


def add_to(add: Callable[[str, Run, str], argparse.ArgumentParser]) -> None:
    """Add the nightly commands by `add`, which takes name, function and purpose of a command."""
    trend = add("trend", _trend, "print what each session came to, and write trend.html")
    site = add("site", _site, "put together what is published of a night, with the trend as its front page")
    notify = add("notify", _notify, "open, update or close the issue of the nightly run, and call SLACK_WEBHOOK_URL")
    folders = "folders of reports; reports unless said"
    for command in (trend, site, notify):
        command.add_argument("folders", metavar="DIR", nargs="*", type=Path, default=[REPORTS], help=folders)
    site.add_argument("--to", metavar="DIR", type=Path, default=REPORTS / "site", help="reports/site unless said")
    notify.add_argument("--rehearse", action="store_true", help="print what would be told, and tell nobody")


def _trend(told: argparse.Namespace) -> int:
    from commands import trend  # imports jinja2 and pydantic, which double the start-up time

    entries, faults = trend.read(told.folders)
    say(*trend.format_table(entries))
    say(*faults, file=sys.stderr)
    page = told.folders[0] / trend.PAGE
    page.write_text(trend.html(trend.make_trends(entries)), "utf-8")
    say(page)
    return 0


def _site(told: argparse.Namespace) -> int:
    from commands import site, trend

    entries, faults = trend.read(told.folders)
    say(*faults, file=sys.stderr)
    say(site.build([folder for folder in told.folders if folder.is_dir()], entries, told.to))
    return 0


def _notify(told: argparse.Namespace) -> int:
    from commands.notify import NotTold, Unreadable, notify

    try:
        return notify(told.folders, os.environ, rehearse=told.rehearse)
    except (NotTold, Unreadable) as error:
        say(error, file=sys.stderr)
        return 1
