"""docs/extending.md: each path that it names is there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steps.paths import ROOT

PAGE = ROOT / "docs" / "extending.md"
PATH = re.compile(r"[\w.*/-]+")
SUFFIXES = r"feature|json|md|py|sql|toml|yaml|txt"
PLACEHOLDER = re.compile(r"AREA|NAME")


def test_every_path_that_it_names_is_there():
    paths = set(named(PAGE.read_text("utf-8")))
    assert len(paths) > 60
    assert sorted(path for path in paths if not any(ROOT.glob(PLACEHOLDER.sub("*", path).rstrip("/")))) == []


def named(text: str) -> Iterator[str]:
    """The paths from the project's root, in code and in links."""
    for code in re.findall(r"`([^`]+)`", text):
        yield from (path for path in PATH.findall(code) if "/" in path or re.fullmatch(rf"[\w.-]+\.({SUFFIXES})", path))
    for link in re.findall(r"\]\((?!http)([^)#]+)", text):
        yield (PAGE.parent / link).resolve().relative_to(ROOT).as_posix()
