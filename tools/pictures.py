"""Takes the README's pictures from a real run in which one count was altered in the database: `tox -e pictures`."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from steps.paths import ROOT
from steps.reporting.html import make_report
from steps.verdict.japanese import translate
from tests.steps.reporting.browser import chromium

FOLDER = ROOT / "docs" / "pictures"
FAULT = "UPDATE user_statistics SET login_count = login_count + 1 WHERE user_id = 'U00042'"
TESTER = {"LOGNAME": "tester"}
SCENARIO = "The statistics equal the file"
STEP = "the statistics of the test users equal the file, record by record"
WAIT = 60_000  # milliseconds: the page is large
SIZES = {"checklist": (1200, 1150), "failing-step": (1200, 1000)}


def main() -> int:
    """Run the acceptance, make the report, and take pictures of checklist and report in both languages."""
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        reports = Path(folder)
        fault = shlex.join([sys.executable, "-m", "defects.sabotage", "sql", FAULT])
        session = [sys.executable, "-m", "pytest", "-m", "local", f"--after-run={fault}", f"--reports={reports}"]
        if subprocess.run(session, cwd=ROOT, env=os.environ | TESTER, check=False).returncode != 1:
            print("The run is not the NO-GO that the pictures are to show.", file=sys.stderr)
            return 1
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for language in ("en", "ja"):
            _checklist(browser, reports / "checklist.html", language)
            _failing_step(browser, make_report(reports / "allure-results", reports, language=language), language)
        browser.close()
    return 0


def _checklist(browser: Browser, file: Path, language: str) -> None:
    page = _opened(browser, file, "checklist")
    page.get_by_text({"en": "English", "ja": "日本語"}[language], exact=True).first.click()
    _taken(page, "checklist", language)


def _failing_step(browser: Browser, file: Path, language: str) -> None:
    page = _opened(browser, file, "failing-step")
    page.get_by_text(getattr(translate(SCENARIO), language)).first.click(timeout=WAIT)
    step = page.get_by_text(getattr(translate(STEP), language)).first
    step.wait_for(timeout=WAIT)
    step.evaluate("found => found.scrollIntoView({block: 'start'})")
    page.mouse.wheel(0, -120)  # scroll back, since the page's header covers the step
    _taken(page, "failing-step", language)


def _opened(browser: Browser, file: Path, name: str) -> Page:
    width, height = SIZES[name]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(file.as_uri())
    return page


def _taken(page: Page, name: str, language: str) -> None:
    page.screenshot(path=FOLDER / f"{name}.{language}.png")


if __name__ == "__main__":
    sys.exit(main())
