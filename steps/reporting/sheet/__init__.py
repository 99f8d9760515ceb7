"""The checklist, once filled in by hand, now filled in from verdict.json: a page to read, print and sign."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steps.explained_error import ExplainedError
from steps.paths import write_atomically
from steps.reporting.sheet.content import fill_in
from steps.reporting.sheet.html import html
from steps.reporting.sheet.markdown import markdown
from steps.verdict.checklist import Item
from steps.verdict.model import Verdict

PAGE, MARKDOWN = "checklist.html", "checklist.md"


class NotAVerdict(ExplainedError):
    """The file holds no verdict from which a sheet could be filled in."""

    def __init__(self, file: Path, evidence: str) -> None:
        super().__init__(
            f"{file} is not a verdict on this checklist, so that no sheet can be filled in from it.",
            evidence=evidence,
            remedy="name the verdict.json of a session of this version of the suite, or run one: pytest -m local",
        )


def write(verdict: Verdict, checklist: Mapping[str, Item], folder: Path) -> list[Path]:
    """Write checklist.md and checklist.html into `folder`, each atomically, and return their paths."""
    sheet = fill_in(verdict, checklist)
    return [_written(folder / name, text) for name, text in ((MARKDOWN, markdown(sheet)), (PAGE, html(sheet)))]


def rewrite(file: Path, checklist: Mapping[str, Item]) -> list[Path]:
    """Write both sheets into the folder of `file`, a verdict.json; raises NotAVerdict."""
    try:
        verdict = Verdict.from_json(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise NotAVerdict(file, str(error)) from error
    if missing := checklist.keys() - verdict.items.keys():
        raise NotAVerdict(file, f"it lacks the lines {', '.join(sorted(missing))}")
    return write(verdict, checklist, file.parent)


def _written(file: Path, text: str) -> Path:
    write_atomically(file, text)
    return file
