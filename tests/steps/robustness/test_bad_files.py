"""docs/input.md says of every kind of input what the scenarios prove of it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gherkin.parser import Parser

from tests.acceptance.conftest import ROOT

FEATURE = ROOT / "features" / "robustness" / "bad_input.feature"
PAGE = ROOT / "docs" / "input.md"


def tables(feature: dict[str, Any]) -> Iterator[str]:
    """Each scenario as a section of the page: its name, and its examples or tables as Markdown."""
    for child in feature["children"]:
        scenario = child["scenario"]
        yield f"## {scenario['name']}"
        for examples in scenario["examples"]:
            yield from rows([examples["tableHeader"], *examples["tableBody"]])
        for step in scenario["steps"]:
            yield from rows(step["dataTable"]["rows"]) if "dataTable" in step else ()


def rows(table: Sequence[dict[str, Any]]) -> Iterator[str]:
    head, *body = ([cell["value"] for cell in row["cells"]] for row in table)
    yield markdown(head)
    yield "|---" * len(head) + "|"
    literal = {"record", "saying", "name", "key"}
    yield from (
        markdown([f"`{cell}`" if column in literal else cell for column, cell in zip(head, row, strict=True)])
        for row in body
    )


def markdown(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def test_the_page_holds_the_tables_of_the_feature():
    feature: Any = Parser().parse(FEATURE.read_text("utf-8"))["feature"]
    told = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(("## ", "|"))]
    assert told == list(tables(feature))
