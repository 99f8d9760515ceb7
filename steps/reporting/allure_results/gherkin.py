"""Reports the steps of a scenario as Allure steps, in their order, with the findings and attachments of each."""

from __future__ import annotations

import sys
from types import TracebackType
from uuid import uuid4

import pytest
from allure_commons import plugin_manager
from allure_commons.types import AttachmentType, LinkType
from pytest_bdd.parser import Scenario, Step

from steps.suite.finding import FINDING, Attachment, Finding

_TYPES = {
    "csv": AttachmentType.CSV,
    "json": AttachmentType.JSON,
    "svg": AttachmentType.SVG,
    "text": AttachmentType.TEXT,
}
_Trouble = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]
_WELL: _Trouble = (None, None, None)


class Steps:
    """pytest-bdd hooks that report each step, with the findings added since the previous step.

    `japanese` collects the Japanese of each finding by its English.
    """

    def __init__(self, japanese: dict[str, str]) -> None:
        self._open: str | None = None
        self._left: list[Step] = []
        self._japanese = japanese
        self._taken = _Taken(japanese)

    def pytest_bdd_before_scenario(self, scenario: Scenario) -> None:
        self._left, self._taken = list(scenario.steps), _Taken(self._japanese)

    def pytest_bdd_before_step(self, step: Step) -> None:
        self._begin(step)

    def pytest_bdd_after_step(self, request: pytest.FixtureRequest) -> None:
        self._end(request.node, _WELL)

    def pytest_bdd_step_error(self, request: pytest.FixtureRequest, exception: Exception) -> None:
        self._end(request.node, (type(exception), exception, exception.__traceback__))

    def pytest_bdd_step_func_lookup_error(
        self, request: pytest.FixtureRequest, step: Step, exception: Exception
    ) -> None:
        self._begin(step)
        self._end(request.node, (type(exception), exception, exception.__traceback__))

    def pytest_bdd_after_scenario(self, request: pytest.FixtureRequest) -> None:
        """End a skipped step, for which pytest-bdd calls no hook, and report the unreached steps as skipped."""
        if self._open is not None:
            self._end(request.node, sys.exc_info())
        unreached = pytest.skip.Exception("not reached")
        for step in [*self._left]:
            self._begin(step)
            self._end(request.node, (type(unreached), unreached, None))

    def _begin(self, step: Step) -> None:
        self._left.remove(step)
        self._open = _begun(f"{step.keyword} {step.name}")

    def _end(self, node: pytest.Item, trouble: _Trouble) -> None:
        if self._open is None:
            return
        if (finding := node.stash.get(FINDING, None)) is not None:
            self._taken.take(finding, trouble)
        _end(self._open, trouble)
        self._open = None


class _Taken:
    """Counts what the steps of a scenario have reported of its finding so far."""

    def __init__(self, japanese: dict[str, str]) -> None:
        self._japanese = japanese
        self._findings = self._controls = self._attachments = 0

    def take(self, finding: Finding, trouble: _Trouble) -> None:
        """Report what is new as sub-steps of the open step."""
        findings, controls = finding.findings[self._findings :], finding.controls[self._controls :]
        for each in findings:
            self._japanese |= {each.sentence.en: each.sentence.ja, each.reason: each.sentence.ja}
            _end(_begun(each.sentence.en), _WELL if each.holds else trouble)
        for id, found in controls:
            _end(_begun(f"control: {id}: {'found' if found else 'NOT found'}"), _WELL if found else trouble)
        for attachment in finding.attachments[self._attachments :]:
            _attach(attachment)
        self._findings, self._controls = len(finding.findings), len(finding.controls)
        self._attachments = len(finding.attachments)


def _begun(title: str) -> str:
    """Start a step, nested in the open one, and return its id."""
    step = str(uuid4())
    plugin_manager.hook.start_step(uuid=step, title=title, params={})
    return step


def _end(step: str, trouble: _Trouble) -> None:
    error, value, traceback = trouble
    plugin_manager.hook.stop_step(uuid=step, exc_type=error, exc_val=value, exc_tb=traceback)


def _attach(attachment: Attachment) -> None:
    """Attach it to the open step; a link is added to the links of the scenario."""
    name, kind, content = attachment
    if kind == "link":
        plugin_manager.hook.add_link(url=content, link_type=LinkType.LINK, name=name)
    else:
        plugin_manager.hook.attach_data(body=content, name=name, attachment_type=_TYPES[kind], extension=None)
