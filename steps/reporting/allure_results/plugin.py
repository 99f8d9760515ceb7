"""Makes allure-pytest report every acceptance session: into --alluredir, or else beside the verdict."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from functools import partial
from pathlib import Path

import allure_commons
import pytest
from allure_commons.model2 import Label, Link, Parameter, StatusDetails, TestResult
from allure_pytest.listener import AllureListener
from pytest_bdd import parser

from steps.reporting.allure_results import contents, japanese
from steps.reporting.allure_results.folder import Folder
from steps.reporting.allure_results.gherkin import Steps
from steps.suite.marks import find_mark
from steps.suite.visible_text import MARGIN
from steps.verdict.checklist import Item
from steps.verdict.commands import fill_in_item, list_values
from steps.verdict.model import Verdict
from steps.verdict.record import VERDICT, Record
from steps.verdict.verdict import BROKEN, FAILED, Scenario

NAME = "allure-results"
_EXAMPLE = "_pytest_bdd_example"
_told = pytest.StashKey[str | None]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Stop allure-pytest from writing unmasked before the session owns its folder; only in acceptance sessions."""
    if config.pluginmanager.hasplugin("allure_pytest") and (config.option.target or find_mark(config)):
        config.stash[_told] = config.option.allure_report_dir
        config.option.allure_report_dir = None


def begin(config: pytest.Config, record: Record) -> None:
    """Register the plug-ins that write a result for each scenario; do nothing under `-p no:allure_pytest`."""
    if _told not in config.stash:
        return
    told = config.stash[_told]
    path = Path(told).resolve() if told else record.file.with_name(NAME)
    folder = Folder(path, record.masking, empty=not told or config.option.clean_alluredir)
    japanese_texts: dict[str, str] = {}
    listener, results = AllureListener(config), Results(config, folder, record, japanese_texts)
    for plugin in (listener, folder, results):
        allure_commons.plugin_manager.register(plugin)
        config.add_cleanup(partial(allure_commons.plugin_manager.unregister, plugin))
    for plugin in (listener, results, Steps(japanese_texts)):
        config.pluginmanager.register(plugin)


class Results:
    """Adds name, labels and description of the scenario to each result, and writes the files about the session."""

    def __init__(self, config: pytest.Config, folder: Folder, record: Record, japanese_texts: dict[str, str]) -> None:
        self._config, self._folder, self._record, self._japanese = config, folder, record, japanese_texts
        self._item: pytest.Item | None = None
        self._names: tuple[str, str] | None = None
        self._failed: list[tuple[TestResult, Scenario]] = []
        folder.keep("executor.json", contents.describe_executor(os.environ))

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._item, self._names = item, None

    def pytest_bdd_before_scenario(self, feature: parser.Feature, scenario: parser.Scenario) -> None:
        self._names = feature.name or "", scenario.name

    @allure_commons.hookimpl(tryfirst=True)
    def report_result(self, result: TestResult) -> None:
        """Complete the result before `Folder` writes it."""
        if self._item is None or self._item.nodeid not in self._record.scenarios:
            return
        came_to = self._record.scenarios[self._item.nodeid]
        lines = self._lines(came_to)
        feature, result.name = self._names or ("", result.name)
        result.titlePath = [feature]
        self._describe(result, came_to)
        result.parameters = _parameters(self._item, result.parameters)
        result.links += [Link("tms", f"../checklist.html#{line.id}", line.id) for line in lines]
        is_bad = came_to.status in (FAILED, BROKEN)
        causes = [deviation.diagnosis for deviation in came_to.deviations] if is_bad else []
        labels = [*contents.make_labels(lines, self._record.facts, came_to.mode, causes)]
        self._japanese |= {value.en: value.ja for _, value in labels}
        said = [(name, value.en) for name, value in labels]
        result.labels = [Label(*each) for each in (*said, ("feature", feature), ("story", result.name))]
        _say_once(result)
        if is_bad:
            self._failed.append((result, came_to))

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self) -> Generator[None, None, None]:
        """Report failed results again at the end, when their diagnoses are known."""
        yield
        if (verdict := self._config.stash.get(VERDICT, None)) is None:
            return
        for result, came_to in self._failed:
            self._describe(result, came_to, verdict)
            self._folder.report_result(result)
        session = contents.describe_session(verdict)
        self._japanese[session.en] = session.ja
        self._folder.write("environment.properties", session.en)
        self._folder.keep(japanese.FILE, self._japanese)

    def _describe(self, result: TestResult, came_to: Scenario, verdict: Verdict | None = None) -> None:
        scenarios = Counter(line for lines in self._record.expected.values() for line in lines)
        told = contents.describe(self._lines(came_to), came_to.status, scenarios, verdict)
        result.description = told.en
        self._japanese[told.en] = told.ja

    def _lines(self, came_to: Scenario) -> list[Item]:
        """The scenario's lines of the checklist, in the checklist's order, since the order of its tags is lost."""
        values = list_values(self._record.run, self._record.facts["account"])
        return [fill_in_item(line, values) for id, line in self._record.checklist.items() if id in came_to.items]


def _say_once(result: TestResult) -> None:
    """Remove a trace that only repeats the message; leave the message to the outermost step, where Allure shows it."""
    if (details := result.statusDetails) is None:
        return
    if details.trace and _letters(details.trace) in _letters(details.message):
        details.trace = None
    left = [*result.steps]
    while left:
        step = left.pop()
        left += step.steps
        if step.statusDetails and _letters(step.statusDetails.message) == _letters(details.message):
            step.statusDetails = StatusDetails(message=details.message) if step in result.steps else None


def _letters(text: str) -> str:
    """The text without white space and without the margins of quoted lines."""
    return "".join(text.replace(MARGIN.strip(), "").split())


def _parameters(item: pytest.Item, given: list[Parameter]) -> list[Parameter]:
    """One parameter per column of a Scenario Outline, in place of pytest-bdd's single parameter."""
    example = getattr(item, "callspec", None) and item.callspec.params.get(_EXAMPLE, {})  # type: ignore[attr-defined]
    told = [Parameter(name, str(value)) for name, value in (example or {}).items()]
    return told + [each for each in given if each.name != _EXAMPLE]
