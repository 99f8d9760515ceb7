"""The page in a real browser: without JavaScript, in both languages, on a phone, on paper, by keyboard, by contrast."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from steps.diagnoses.ids import Diagnosis
from steps.reporting import sheet
from steps.suite.deviation import Deviation
from steps.verdict.model import Verdict
from steps.verdict.verdict import BROKEN, Scenario
from tests.steps.reporting.verdicts import LINES, failed, verdict, waived

pytestmark = pytest.mark.browser
MISSING = Deviation(Diagnosis.ENVIRONMENT_VARIABLE_MISSING, "csv-processor-dev lacks CHUNK_SIZE, AURORA_SECRET_ARN")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
SMALLEST = """Math.min(...[...document.querySelectorAll('body *')]
  .filter(each => each.checkVisibility() && [...each.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
  .map(each => parseFloat(getComputedStyle(each).fontSize) * 0.75)).toFixed(2)"""
"""The size of the smallest text that is shown, in points."""
RULES = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page of each kind of session, by its kind."""
    lost = [
        {"record": n, "user": f"U{n:05}", "fate": "lost", "stores": {"csv": [n, n], "aurora": [0, 0]}}
        for n in range(2, 40)
    ]
    missing = [failed(id, f"wanted {'x' * 300}, got y", MISSING) for id in ("LAM-01", "KNO-01", "KNO-02")]
    of_dev = verdict(altered_by=["ACCEPTANCE_PROJECT", "uncommitted-changes"]).data()
    for id in ("RSK-01", "RSK-02", "RSK-03", "DAT-09", "CTM-03"):
        of_dev["items"][id]["mode"] = "static"
    kinds = {
        "go": Verdict.model_validate(of_dev),
        "waived": verdict(failed("LOG-02"), waivers={"LOG-02": waived()}),
        "no-go": verdict(*missing, discrepancies=lost),
        "broken": verdict(
            *(Scenario(id, [id], BROKEN, "EnvironmentBroken: no answer\n  remedy: again") for id in LINES)
        ),
    }
    folders = {kind: tmp_path_factory.mktemp(kind) for kind in kinds}
    return {kind: sheet.write(told, LINES, folders[kind])[1] for kind, told in kinds.items()}


@contextmanager
def opened(browser: Browser, file: Path, **options: Any) -> Iterator[Page]:
    """The page of `file`, which may ask nobody else for anything."""
    context = browser.new_context(**options)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    yield page
    assert asked == [file.as_uri()]
    context.close()


def test_it_reads_in_either_language_without_javascript(browser: Browser, pages: dict[str, Path]):
    with opened(browser, pages["no-go"], java_script_enabled=False) as page:
        japanese, english = LINES["LAM-01"].ja, LINES["LAM-01"].en
        row = page.locator("#LAM-01 th")
        assert japanese in row.inner_text()
        assert english not in row.inner_text()
        page.get_by_text("English", exact=True).click()
        assert english in row.inner_text()
        assert japanese not in row.inner_text()
        assert "not ready for release" in page.locator("h1").inner_text()
        page.locator("#INF-01 summary").click()
        assert "another: found" in page.locator("#INF-01").inner_text()


@pytest.mark.parametrize(
    ("kind", "width"), [("no-go", 360), ("no-go", 800), ("no-go", 1280), ("waived", 360), ("broken", 320)]
)
def test_nothing_has_to_be_scrolled_sideways(browser: Browser, pages: dict[str, Path], kind: str, width: int):
    with opened(browser, pages[kind], viewport={"width": width, "height": 740}) as page:
        for language in ("ja", "en"):
            page.locator(f"label[for={language}]").click()
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("kind", "language", "most"), [("go", "ja", 2), ("go", "en", 2), ("no-go", "ja", 3), ("broken", "en", 4)]
)
def test_on_paper_it_is_a_sheet_or_two(browser: Browser, pages: dict[str, Path], kind: str, language: str, most: int):
    with opened(browser, pages[kind]) as page:
        page.locator(f"label[for={language}]").click()
        paper = page.pdf(prefer_css_page_size=True)
        assert paper.count(b"/Type /Page\n") <= most
        page.emulate_media(media="print")
        assert kind != "go" or page.locator(".badge").count() == page.locator(".badge:visible").count() == 5
        assert float(page.evaluate(SMALLEST)) >= 8
        assert page.locator("#h-signatures").is_visible()
        assert not page.locator(".language").is_visible()


def test_on_a_phone_the_lines_fold_by_phase(browser: Browser, pages: dict[str, Path]):
    with opened(browser, pages["no-go"], viewport={"width": 390, "height": 800}) as page:
        assert page.locator("#LAM-01").is_visible(), "a phase with a NO is open"
        assert not page.locator("#AUR-03").is_visible()
        page.locator(".phase:has(#AUR-03) label").click()
        assert page.locator("#AUR-03").is_visible()
        page.locator(".overview a[href='#group-8']").click()
        assert page.locator("#PHS-01").is_visible()


@pytest.mark.parametrize(
    ("kind", "scheme", "language"), [("no-go", "light", "ja"), ("no-go", "dark", "en"), ("waived", "light", "en")]
)
def test_people_of_all_abilities_can_read_it(
    browser: Browser, pages: dict[str, Path], kind: str, scheme: Any, language: str
):
    with opened(browser, pages[kind], color_scheme=scheme) as page:
        page.locator(f"label[for={language}]").click()
        # Lines that are alike take axe half a minute and tell no more than one of them.
        page.evaluate("document.querySelectorAll('.lines tbody.passed ~ .passed').forEach(each => each.remove())")
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, found.generate_report()


def test_every_control_is_reached_by_keyboard(browser: Browser, pages: dict[str, Path]):
    with opened(browser, pages["go"], viewport={"width": 1280, "height": 900}) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "ja"
        page.keyboard.press("ArrowRight")
        assert LINES["LAM-01"].en in page.locator("#LAM-01 th").inner_text()
        outlined = page.evaluate("getComputedStyle(document.querySelector('label[for=en]')).outlineStyle")
        assert outlined == "solid"
        wanted = page.locator("a:visible, summary:visible").count()
        for _ in range(wanted):
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('tbody').id") == "PHS-04"
        page.keyboard.press("Enter")
        assert page.locator("#PHS-04 details").get_attribute("open") is not None
