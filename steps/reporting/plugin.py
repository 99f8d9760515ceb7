"""Watches pytest: turns what each scenario came to into the verdict, the exit code and the terminal's last words."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from steps import options
from steps.attestation import writing
from steps.collection import FeatureFile
from steps.finding import FINDING
from steps.reporting import checklist, sheet, verdict, waivers
from steps.reporting.allure_results import plugin as allure_results
from steps.reporting.checklist import Item
from steps.reporting.masking import Masking
from steps.reporting.progress import Progress
from steps.reporting.record import Record
from steps.reporting.terminal import failure, summary
from steps.reporting.waivers import Waiver

if TYPE_CHECKING:
    from steps.attestation.envelope import Signer

RECORD = pytest.StashKey[Record]()
PROGRESS = pytest.StashKey[Progress]()
SIGNER = pytest.StashKey["Signer | None"]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begins the record once scenarios are collected, before any is deselected."""
    scenarios = [item for item in items if isinstance(item.parent, FeatureFile)]
    if not scenarios:
        return
    try:
        lines = checklist.read()
        waived = _waivers(config, lines)
    except (checklist.MalformedChecklist, waivers.InvalidWaivers) as malformed:
        raise pytest.UsageError(str(malformed)) from malformed
    config.stash[SIGNER] = _signer(config.option.sign_key)
    claims = {item: [marker.args[0] for marker in item.iter_markers("checklist")] for item in scenarios}
    for item, claimed in claims.items():
        if unknown := [id for id in claimed if id not in lines]:
            raise pytest.UsageError(f"{item.nodeid} claims {', '.join(unknown)}, which the checklist does not have.")
    if config.option.collectonly:
        return
    target, mark = options.target(config), options.mark(config)
    record = Record(lines, options.claim_reports(config) / "verdict.json")
    record.facts["target"] = target
    record.waivers = waived
    chosen = [item for item in scenarios if mark is None or item.get_closest_marker(mark)]
    try:
        record.not_applicable = options.settings(config).not_applicable
    except pytest.UsageError:
        _written(record)  # or an older verdict would be taken for this session's
        raise
    record.expected |= {item.nodeid: _applying(item, claims[item], record.not_applicable) for item in chosen}
    if partial(config):
        record.broken_off = True
    terminal = config.pluginmanager.getplugin("terminalreporter")
    terminal.reportchars = ""  # the summary has a line for each item already
    config.stash[RECORD], config.stash[PROGRESS] = record, Progress(terminal, config.pluginmanager)
    record.file.with_name(writing.NAME).unlink(missing_ok=True)  # it is of an earlier verdict
    _written(record)
    allure_results.begin(config, record)


def _signer(private_key: Path | None) -> Signer | None:
    """Signs the attestation by the key that the command line names; a usage error where that cannot be used."""
    if private_key is None:
        return None
    from steps.attestation.envelope import NotSigned, signer  # with cryptography, which few sessions need

    try:
        return signer(private_key)
    except NotSigned as unusable:
        raise pytest.UsageError(str(unusable)) from unusable


def _waivers(config: pytest.Config, lines: Mapping[str, Item]) -> dict[str, Waiver]:
    """Those of the file that the command line names, or else of the project's own, which nobody needs to have."""
    file: Path | None = config.option.waivers
    if file is None and not waivers.FILE.exists():
        return {}
    return waivers.read(file or waivers.FILE, lines, datetime.now(UTC).date())


def _written(record: Record) -> dict[str, Any]:
    """Writes the verdict and, beside it, the checklist filled in from it; answers what the verdict holds."""
    judged = record.written()
    sheet.write(judged, record.checklist, record.file.parent)
    return judged


def _applying(item: pytest.Item, claimed: list[str], not_applicable: Mapping[str, str]) -> list[str]:
    """Those of the claimed lines that apply to the pipeline; a scenario of others alone does not run."""
    left = [id for id in claimed if id not in not_applicable]
    if claimed and not left:
        item.add_marker(pytest.mark.skip(reason=verdict.DOES_NOT_APPLY + not_applicable[claimed[0]]))
    return left


def partial(config: pytest.Config) -> bool:
    """Whether the command line asks for a part of the session only."""
    o = config.option
    chosen = config.args_source is pytest.Config.ArgsSource.ARGS
    selected = chosen or o.keyword or o.deselect or getattr(o, "lf", False)
    return bool(selected or o.markexpr.strip() not in options.WHOLE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keeps the worst of a scenario's set-up, call and tear-down."""
    report = yield
    record = item.config.stash.get(RECORD, None)
    if record is None or item.nodeid not in record.expected:
        return report
    scenario = record.scenarios.setdefault(item.nodeid, verdict.Scenario(item.nodeid, record.expected[item.nodeid]))
    if (finding := item.stash.get(FINDING, None)) is not None:
        scenario.findings, scenario.controls = finding.findings, finding.controls
        scenario.deviations = finding.deviations
    scenario.ended = time.monotonic()
    scenario.mode = "static" if item.get_closest_marker("static") else "live"
    if call.excinfo is not None and scenario.status == verdict.PASSED:
        scenario.status, scenario.reason = _outcome(call.excinfo)
        scenario.reason = record.masking.text(scenario.reason)
        if scenario.status != verdict.NOT_CHECKED and item.config.option.tbstyle == "auto":
            report.longrepr = failure(getattr(report, "scenario", None), scenario)
    _mask(report, record.masking)
    return report


def _mask(report: pytest.TestReport, masking: Masking) -> None:
    """Takes secrets out of what pytest shows of a scenario: its traceback, and what was captured."""
    report.sections = [(title, masking.text(text)) for title, text in report.sections]
    if report.longrepr is not None and not isinstance(report.longrepr, tuple):
        shown = str(report.longrepr)
        if (masked := masking.text(shown)) != shown:
            report.longrepr = masked


def _outcome(excinfo: pytest.ExceptionInfo[BaseException]) -> tuple[str, str]:
    """An assertion is the product's fault, a skip is a reason, anything else is the environment's or the suite's."""
    error = excinfo.value
    if isinstance(error, pytest.skip.Exception):
        return verdict.NOT_CHECKED, str(error.msg)
    if isinstance(error, AssertionError | pytest.fail.Exception):
        return verdict.FAILED, str(error) or excinfo.exconly()
    return verdict.BROKEN, f"{type(error).__name__}: {error}"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Writes the verdict; its code is the session's, unless pytest itself was stopped or only a part was run."""
    record = session.config.stash.get(RECORD, None)
    if record is None:
        return
    ran = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    record.broken_off |= not ran
    judged = _written(record)
    if record.complete:
        session.exitstatus = judged["exit"]
    if record.complete and record.tested is not None:
        writing.write(judged, record.file, record.tested, session.config.stash[SIGNER])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The verdict, a line for each item, and the figures."""
    record = config.stash.get(RECORD, None)
    if record is not None:
        summary(terminalreporter, record.judged(), record.checklist, record.file)
