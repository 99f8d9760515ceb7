"""Reports quote a pipeline's texts: control characters are visible, no quoted line passes for the report's own."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from markdown_it import MarkdownIt

from steps.suite.visible_text import visible
from tests.steps.reporting.allure_results.conftest import Leavings, Run
from tests.steps.reporting.allure_results.planted import FORGED, HOSTILE

BEGINS = re.compile(rf"^\s*(?:{'|'.join(map(re.escape, FORGED))})", re.M)
"""A line that stands for itself; one that is quoted begins with a bar."""


def hidden(text: str) -> set[str]:
    return {each for each in text if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} - {"\n", "\t"}


def test_no_file_and_no_word_of_the_terminal_holds_a_hidden_character(left: Leavings):
    texts = {file: file.read_bytes().decode("utf-8") for file in left.reports.rglob("*") if file.is_file()}
    assert "lambda-logs.txt" in {file.name for file in texts}
    assert {str(file): found for file, text in texts.items() if (found := hidden(text))} == {}
    assert hidden(left.output) == set()


@pytest.mark.parametrize("name", ["checklist.md", "lambda-logs.txt", "allure-results/environment.properties"])
def test_no_line_of_a_file_is_forged(left: Leavings, name: str):
    text = (left.reports / name).read_text("utf-8")
    assert "FORGED" in text
    assert BEGINS.findall(text) == []


def test_no_line_of_the_terminal_is_forged(left: Leavings):
    told = [line for line in left.output.split("\n") if "FORGED" in line]
    assert len(told) > 20
    assert [line for line in told if BEGINS.match(line)] == []


@pytest.mark.parametrize("style", ["long", "native"])
def test_no_line_is_forged_in_any_style_of_traceback(run: Run, style: str):
    output = run(f"--tb={style}", "-k", "hostile", "-rA", "-v", "--showlocals").output
    assert hidden(output) == set()
    assert BEGINS.findall(output) == []
    assert "FORGED" in output


def test_what_people_write_stays_readable(left: Leavings):
    for text in (
        left.output,
        *((left.reports / name).read_text("utf-8") for name in ("checklist.html", "checklist.md")),
    ):
        assert "日本語 👍🏽" in text


def test_the_verdict_keeps_what_was_found(left: Leavings):
    verdict = json.loads((left.reports / "verdict.json").read_text("utf-8"))
    assert HOSTILE in verdict["notes"]
    assert verdict["discrepancies"][0]["stores"] == {HOSTILE: HOSTILE}


def test_a_document_stays_json(left: Leavings):
    told = left.results["Hostile texts are told"]["steps"][0]
    assert json.loads(left.attached(told)["document"]) == {HOSTILE: HOSTILE}
    assert {each["name"] for each in told["attachments"]} == {visible(HOSTILE), "document", "table"}


def test_the_environment_has_its_own_rows_only(left: Leavings):
    rows = (left.folder / "environment.properties").read_text("utf-8").splitlines()
    assert [row.split(" = ")[0] for row in rows][3:7] == ["Verdict", "Scenarios", "Execution", "Upload"]
    assert len(rows) == 10


def test_markdown_makes_no_markup_of_it(left: Leavings):
    text = (left.reports / "checklist.md").read_text("utf-8")
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    flat = [inner for token in tokens for inner in (token, *(token.children or ()))]
    assert not {"fence", "code_block", "html_block"} & {token.type for token in flat}
    assert {token.content for token in flat if token.type == "html_inline"} <= {"<br>"}
    links = [str(token.attrs["href"]) for token in flat if token.type == "link_open"]
    assert [link for link in links if "forged" in link.lower()] == []
    headings = [tokens[n + 1].content for n, token in enumerate(tokens) if token.type == "heading_open"]
    assert [heading for heading in headings if "FORGED" in heading] == []
    assert "://forged" not in text.replace("\\://", "")
    assert "www.forged" not in text
