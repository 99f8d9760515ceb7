"""What is published of a night: the trend as its front page, and beside it each target's report and checklist."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from commands import trend
from steps.reporting.nights import Entry

_SHOWN = (
    ("checklist.html", "チェックリスト Checklist"),
    ("allure-report/index.html", "Allure"),
    ("verdict.json", "verdict.json"),
)
"""All that is published of a folder of reports: logs and saved rows stay where they are."""


def build(folders: Iterable[Path], entries: Sequence[Entry], site: Path) -> Path:
    """Makes `site` anew of the folders that are there, each under its own name, and answers its front page."""
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    links: dict[str, list[tuple[str, str]]] = {}
    for folder in folders:
        read, _ = trend.read([folder])
        # A folder holds the sessions of one target; its newest says which.
        target = read[-1].target if read else folder.name
        links.setdefault(target, []).extend(_copied(folder, site))
    page = site / "index.html"
    page.write_text(trend.html(trend.trends(entries, links)), "utf-8")
    return page


def _copied(folder: Path, site: Path) -> Iterator[tuple[str, str]]:
    for name, text in _SHOWN:
        file = folder / name
        if file.is_file():
            goal = site / folder.name / name
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, goal)
            yield text, goal.relative_to(site).as_posix()
