"""The page that is made of the results: in either language, with the runs before it, and calling nobody."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from steps.reporting import html
from steps.reporting.texts import TEXTS
from steps.verdict.words import LANGUAGES
from tests.steps.reporting.allure_results.conftest import Leavings
from tests.steps.reporting.browser import browser

__all__ = ["browser"]
SECONDS = 20_000  # milliseconds: a page of 4 MB on a busy machine


@pytest.fixture(scope="module")
def pages(left: Leavings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page in each language, each in a folder of its own."""
    reports = {language: tmp_path_factory.mktemp(language) for language in LANGUAGES}
    return {each: html.make_report(left.folder, reports[each], language=each) for each in LANGUAGES}


def opened(browser: Browser, file: Path, elsewhere: list[str]) -> Page:
    """The page; `elsewhere` is told of each request that leaves the file."""
    page = browser.new_page()
    page.on("request", lambda request: _told(request.url, elsewhere))
    page.goto(file.as_uri())
    return page


def _told(url: str, elsewhere: list[str]) -> None:
    if not url.startswith(("file:", "data:", "blob:")):
        elsewhere.append(url)


@pytest.mark.parametrize(
    ("language", "says", "reason"),
    [
        ("ja", "AUR-03 CSVデータとの整合性確認", "テストユーザーの件数は1人（期待：テストユーザーの件数は2人）"),
        ("en", "3 Success", "wanted 2 test users counted, got 1 test user counted"),
    ],
)
def test_the_page_is_grouped_by_the_checklist_and_calls_nobody(
    browser: Browser, pages, language: str, says: str, reason: str
):
    elsewhere: list[str] = []
    page = opened(browser, pages[language], elsewhere)
    page.get_by_text(says).first.wait_for(timeout=SECONDS)
    page.get_by_text("A step fails").first.click()
    page.get_by_text("Then it holds 2").first.wait_for(timeout=SECONDS)
    page.get_by_text(reason).first.wait_for(timeout=SECONDS)
    assert elsewhere == []


@pytest.mark.parametrize(("language", "lanes"), [("ja", "ホスト: embedded"), ("en", "Host: embedded")])
def test_the_phases_are_in_order_and_the_timeline_is_filled(browser: Browser, pages, language: str, lanes: str):
    page = opened(browser, pages[language], [])
    titles = [getattr(each, language) for each in (*TEXTS.phase.values(), TEXTS.allure["beside"])]
    phases = page.get_by_text(re.compile(rf"^[1-9] (?:{'|'.join(titles)})$"))
    phases.first.wait_for(timeout=SECONDS)
    assert [each[0] for each in phases.all_inner_texts()] == ["3", "4", "9"]
    page.goto(f"{pages[language].as_uri()}#timeline")
    page.get_by_text(lanes).first.wait_for(timeout=SECONDS)


def test_a_call_elsewhere_would_be_seen(browser: Browser, pages, tmp_path: Path):
    (tmp_path / "index.html").write_text('<script src="https://elsewhere.example/x.js"></script>')
    elsewhere: list[str] = []
    opened(browser, tmp_path / "index.html", elsewhere)
    assert elsewhere == ["https://elsewhere.example/x.js"]


def test_sessions_add_up_however_often_the_page_is_made_anew(left: Leavings, pages, tmp_path: Path):
    reports = pages["ja"].parents[1]
    (pages["ja"].parent / "stale.txt").write_text("stale")
    html.make_report(left.folder, reports, language="en")
    assert not (pages["ja"].parent / "stale.txt").exists()
    assert len((reports / "allure-history.jsonl").read_text("utf-8").splitlines()) == 1
    for result in left.results.values():
        later = {**result, "start": result["start"] + 60_000, "stop": result["stop"] + 60_000}
        (tmp_path / f"{result['uuid']}-result.json").write_text(json.dumps(later), "utf-8")
    html.make_report(tmp_path, reports)
    assert len((reports / "allure-history.jsonl").read_text("utf-8").splitlines()) == 2


def test_a_history_that_cannot_be_read_is_named(left: Leavings, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "allure-history.jsonl").write_text("[]\nnone\n")
    assert html.main([f"--reports={tmp_path}", f"--results={left.folder}"]) == 1
    assert f"{tmp_path / 'allure-history.jsonl'} is no history" in capsys.readouterr().err


def test_the_page_says_the_verdict_in_its_name(pages):
    assert json.loads((pages["en"].parent / "summary.json").read_text())["name"].startswith("UNKNOWN: Acceptance")


def test_without_results_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert html.main([f"--reports={tmp_path}"]) == 1
    assert "There are no results" in (said := capsys.readouterr().err)
    assert "remedy: run pytest -m local" in said
