"""Each Japanese document has the headings, code, tables and lists of the English one, and links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from steps.paths import ROOT

JAPANESE = [ROOT / "README.ja.md", *sorted((ROOT / "docs").glob("*.ja.md"))]


@pytest.mark.parametrize("page", JAPANESE, ids=lambda page: page.name)
def test_a_translation_has_the_structure_of_its_original(page: Path):
    assert structure(page) == structure(original(page))


@pytest.mark.parametrize("page", JAPANESE, ids=lambda page: page.name)
def test_a_translation_and_its_original_link_to_each_other(page: Path):
    assert f"({original(page).name})" in page.read_text("utf-8")
    assert f"({page.name})" in original(page).read_text("utf-8")


@pytest.mark.parametrize("page", JAPANESE, ids=lambda page: page.name)
def test_every_link_of_a_translation_leads_somewhere(page: Path):
    for link in re.findall(r"\]\((?!http)([^)]+)\)", page.read_text("utf-8")):
        file, _, anchor = link.partition("#")
        assert anchor in anchors(page.parent / file if file else page), link


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, and the empty one of the page itself; none of a missing page."""
    if page.suffix != ".md" or not page.is_file():
        return {""} if page.exists() else set()
    headings = re.findall(r"^#+ (.*)", page.read_text("utf-8"), flags=re.M)
    return {"", *(re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings)}


def original(page: Path) -> Path:
    return page.with_name(page.name.replace(".ja.md", ".md"))


def structure(page: Path) -> list[tuple[str, ...]]:
    """Return in order: headings' levels, lines of code without comments, code in rows' first columns, list items."""
    found, is_fenced = list[tuple[str, ...]](), False
    for line in page.read_text("utf-8").splitlines():
        if line.startswith("```"):
            is_fenced = not is_fenced
        elif is_fenced or line.startswith("    "):
            is_output = not is_fenced and line.startswith("     ")  # a terminal's text, which is translated
            found.append(("output",) if is_output else ("code", re.sub(r"\s+#.*", "", line).strip()))
        elif heading := re.match(r"#+ ", line):
            found.append(("heading", heading[0]))
        elif line.startswith("|"):
            found.append(("row", *sorted(re.findall(r"`[^`]+`", line.split("|")[1]))))
        elif item := re.match(r"- |\d+\. ", line):
            found.append(("list", item[0]))
    return found
