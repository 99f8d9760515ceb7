"""The published site of a nightly run: the trend as its front page, with each target's report and checklist."""

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
"""The files published from a folder of reports; logs and saved rows are not published."""


def build(folders: Iterable[Path], entries: Sequence[Entry], site: Path) -> Path:
    """Rebuild `site` from the report folders, each under its own name. Return the path of its front page."""
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    links: dict[str, list[tuple[str, str]]] = {}
    for folder in folders:
        read, _ = trend.read([folder])
        # A folder holds the sessions of one target; its newest session names the target.
        target = read[-1].target if read else folder.name
        links.setdefault(target, []).extend(_copied(folder, site))
    page = site / "index.html"
    page.write_text(trend.html(trend.make_trends(entries, links)), "utf-8")
    return page


def _copied(folder: Path, site: Path) -> Iterator[tuple[str, str]]:
    for name, text in _SHOWN:
        file = folder / name
        if file.is_file():
            goal = site / folder.name / name
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, goal)
            yield text, goal.relative_to(site).as_posix()
