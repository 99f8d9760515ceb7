"""The trend over nights: a table, a page that asks nobody for anything, and what is published of a night."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from commands.__main__ import main
from commands.trend import chart
from steps.reporting import nights as history
from steps.reporting.nights import Entry
from tests.steps.reporting.test_nights import NO_GO, night


class Addresses(HTMLParser):
    """Collects what a page refers to, and its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [value or "" for name, value in attrs if name in ("href", "src", "action", "data")]


def kept(folder: Path, *entries: Entry) -> Path:
    folder.mkdir()
    for each in entries:
        history.append(folder / history.FILE, each)
    return folder


@pytest.fixture
def nights(tmp_path: Path) -> Path:
    return kept(
        tmp_path / "embedded",
        night(1),
        night(2, **NO_GO, failed=1, broken=1, passed=0),
        night(3, slow={"execution_seconds": 4.0}, execution_seconds=9.5, records_per_second=10.5),
        night(4, flaky=("AUR-03",), execution_seconds=None, target="embedded"),
    )


def test_the_page_keeps_targets_and_pipelines_apart(tmp_path: Path):
    others = (night(2, pipeline="examples/tally"), night(3, target="aws-dev"))
    folder = kept(tmp_path / "any", night(1), *others)
    assert main(["trend", str(folder)]) == 0
    heads = re.findall(r"<h2[^>]*>(.*?) <strong", (folder / "trend.html").read_text("utf-8"))
    assert heads == ["aws-dev", "embedded", "embedded, examples/tally"]


def test_the_table_has_a_line_for_each_session(nights: Path, capsys):
    assert main(["trend", str(nights)]) == 0
    head, *rows, page = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["date", "(UTC)", "target", "verdict"]
    assert [row.split()[3] for row in rows] == ["GO", "NO-GO", "GO", "GO"]
    assert [row.split()[4] for row in rows] == ["2/2", "0/2", "2/2", "2/2"]
    assert "slow: execution, usually 4.0 s" in rows[2]
    assert "flaky: AUR-03" in rows[3]
    assert Path(page) == nights / "trend.html"


def test_the_page_needs_nobody_and_says_it_in_both_languages(nights: Path):
    main(["trend", str(nights)])
    page = (nights / "trend.html").read_text("utf-8")
    read = Addresses(page)
    assert (read.found, read.tags & {"script", "link", "img", "iframe"}) == ([], set())
    assert "url(" not in page
    assert "夜間実行の推移" in page
    assert "The trend over nights" in page
    for drawn in re.findall(r"<svg.*?</svg>", page, re.S):
        ElementTree.fromstring(drawn)
    assert len(re.findall('class="flagged"', page)) == 3  # the execution, its throughput, the flake


def test_what_a_history_holds_is_escaped(tmp_path: Path):
    folder = kept(tmp_path / "any", night(1, target="<script>alert(1)</script>", commit="<b>", flaky=("<i>",)))
    main(["trend", str(folder)])
    page = (folder / "trend.html").read_text("utf-8")
    assert "script" not in Addresses(page).tags
    assert "&lt;b&gt;" in page


def test_what_a_history_holds_hides_nothing_and_begins_no_line(tmp_path: Path, capsys):
    hostile = "x\x1b[1m\u202e\u2028y\n2026-01-01 00:00  FORGED"
    folder = kept(tmp_path / "any", night(1, target=hostile, commit=hostile, flaky=(hostile,), altered_by=(hostile,)))
    main(["trend", str(folder)])
    table, page = capsys.readouterr().out, (folder / "trend.html").read_text("utf-8")
    for text in (table, page):
        assert r"x\u001b[1m\u202e\u2028y" in text
        assert not re.search("[\x1b\u202e\u2028]", text)
    assert not re.search("^2026-01-01 00:00  FORGED", table, re.M)


def test_without_a_session_the_page_says_how_the_first_is_made(tmp_path: Path):
    main(["trend", str(tmp_path)])
    assert "pytest -m local" in (tmp_path / "trend.html").read_text("utf-8")


def test_what_is_published_is_the_reports_and_nothing_else(nights: Path, tmp_path: Path):
    other = kept(tmp_path / "aws-dev", night(5, target="aws-dev"))
    (nights / "allure-report").mkdir()
    for name in ("checklist.html", "verdict.json", "allure-report/index.html", "lambda-logs.txt"):
        (nights / name).write_text(name)
    site = tmp_path / "site"
    (tmp_path / "site").mkdir()
    (site / "stale.html").write_text("of another night")
    assert main(["site", f"--to={site}", str(nights), str(other), str(tmp_path / "none")]) == 0
    published = {file.relative_to(site).as_posix() for file in site.rglob("*") if file.is_file()}
    linked = {"embedded/checklist.html", "embedded/allure-report/index.html", "embedded/verdict.json"}
    assert published == linked | {"index.html"}
    page = (site / "index.html").read_text("utf-8")
    assert set(Addresses(page).found) == linked
    assert page.count("<section") == 2


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(0, 1), (0.3, 0.4), (1, 1), (3.9, 4), (4.1, 5), (9.9, 10), (23.4, 40), (160, 200), (4000, 4000)],
)
def test_an_axis_ends_at_a_round_number_above_its_values(value: float, wanted: float):
    assert chart.round_up(value) == pytest.approx(wanted)


def test_a_night_without_a_figure_leaves_a_gap():
    drawn = chart.chart([1, 2, None, 4, 5, None, 7], [str(day) for day in range(7)], [False] * 7, "s")
    assert [len(line.split()) for line in drawn.lines] == [2, 2]
    assert len(drawn.points) == 5
    assert drawn.last == "7 s"
