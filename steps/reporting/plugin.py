"""pytest plug-in that turns the outcomes of the scenarios into the verdict, the exit code and the terminal summary."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Collection, Generator, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from steps.attestation import writing
from steps.paths import FEATURES, ROOT, write_atomically
from steps.reporting import nights, sheet
from steps.reporting.allure_results import plugin as allure_results
from steps.reporting.terminal import Ended, clean, failure, summary
from steps.suite import options, reports
from steps.suite.collection import COLLECTED, claimed_ids
from steps.suite.deviation import of_error
from steps.suite.finding import FINDING, Finding
from steps.suite.marks import find_mark
from steps.suite.progress import PROGRESS, Progress
from steps.targets.embedded_start import CALLERS
from steps.verdict import checklist, verdict, waivers
from steps.verdict.checklist import CHECK, FAULTS
from steps.verdict.model import Status, Verdict, Waiver
from steps.verdict.record import RECORD, STOPPED, VERDICT, Record

if TYPE_CHECKING:
    from steps.attestation.envelope import Signer

SIGNER = pytest.StashKey["Signer | None"]()
_AGAIN = "as an earlier one"


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Write the verdict UNKNOWN in case the session ends before its scenarios; the embedded AWS starts meanwhile."""
    if claim := reports.claimed(pluginmanager.getplugin("pytestconfig")):
        reports.begin(claim)


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """Create the session's record from the collected scenarios."""
    scenarios = config.stash.get(COLLECTED, [])
    if not scenarios:
        return
    try:
        lines, requirements = checklist.read(), checklist.read_requirements()
        waived = _waivers(config, {*lines, *requirements})
    except (checklist.MalformedChecklist, waivers.InvalidWaivers) as malformed:
        raise pytest.UsageError(str(malformed)) from malformed
    config.stash[SIGNER] = _signer(config.option.sign_key)
    claims = {item: claimed_ids(item) for item in scenarios}
    _refuse_claims(claims, lines, requirements)
    if config.option.collectonly:
        return
    target, mark = options.target(config), find_mark(config)
    if (claim := reports.claimed(config)) is None:
        return
    record = Record(lines, claim.folder / reports.VERDICT, requirements)
    record.masking.learn(config.stash.get(CALLERS, {}))
    record.facts["target"] = target
    record.waivers, record.altered_by = waived, options.altering(config)
    chosen = [item for item in scenarios if mark is None or item.get_closest_marker(mark)]
    record.not_applicable = options.settings(config).not_applicable
    record.expected |= {item.nodeid: _applying(item, claims[item], record.not_applicable) for item in chosen}
    missing = [] if claim.is_part else _not_collected(scenarios)
    record.broken_off = claim.is_part or bool(missing)
    record.notes += [f"{file} was not collected" for file in missing]
    terminal = config.pluginmanager.getplugin("terminalreporter")
    terminal.reportchars = ""  # the summary has a line for each item already
    config.stash[RECORD], config.stash[PROGRESS] = record, Progress(terminal, config.pluginmanager, record.shown)
    _write(record.judge(), record)
    allure_results.begin(config, record)
    _interrupt_when_told_to_end(config)


def _refuse_claims(
    claims: Mapping[pytest.Item, Collection[str]], lines: Collection[str], requirements: Collection[str]
) -> None:
    """Raise UsageError for an id that is in neither file, or a robustness scenario that answers no requirement."""
    for item, claimed in claims.items():
        if unknown := [id for id in claimed if id not in lines and id not in requirements]:
            where = "which the checklist does not have, nor features/robustness/requirements.toml"
            raise pytest.UsageError(f"{item.nodeid} claims {', '.join(unknown)}, {where}.")
        if item.get_closest_marker("robustness") and not claimed:
            remedy = "Tag it @requirement:ID, with an id of features/robustness/requirements.toml."
            raise pytest.UsageError(f"{item.nodeid} answers no requirement, so that no verdict would tell it. {remedy}")


def _not_collected(scenarios: Iterable[pytest.Item]) -> list[Path]:
    """The feature files of which no scenario was collected, because they are faulty or were deselected."""
    missing = {*FEATURES.rglob("*.feature")} - {path.resolve() for path in {item.path for item in scenarios}}
    return sorted(file.relative_to(ROOT) for file in missing)


def _interrupt_when_told_to_end(config: pytest.Config) -> None:
    """Make the first SIGTERM end the session like Ctrl-C: with a verdict, and with all resources cleaned up."""
    if threading.current_thread() is not threading.main_thread():
        return

    def interrupt(*_: object) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise KeyboardInterrupt("SIGTERM")

    earlier = signal.signal(signal.SIGTERM, interrupt)

    def restore() -> None:
        signal.signal(signal.SIGTERM, earlier)

    config.add_cleanup(restore)


def _signer(private_key: Path | None) -> Signer | None:
    """Return a signer of the attestation with this key; raises a usage error if the key cannot be used."""
    if private_key is None:
        return None
    from steps.attestation.envelope import NotSigned, load_signer  # imports cryptography, which few sessions need

    try:
        return load_signer(private_key)
    except NotSigned as unusable:
        raise pytest.UsageError(str(unusable)) from unusable


def _waivers(config: pytest.Config, known: Collection[str]) -> dict[str, Waiver]:
    """The waivers by `known` id, from the file that the command line names, or else from waivers.toml if it exists."""
    file: Path | None = config.option.waivers
    if file is None and not waivers.FILE.exists():
        return {}
    return waivers.read(file or waivers.FILE, known, datetime.now(UTC).date())


def _write(verdict: Verdict, record: Record) -> None:
    """Write the verdict and, beside it, the checklist filled in from it."""
    with reports.writable(record.file.parent):
        write_atomically(record.file, verdict.to_json())
        sheet.write(verdict, record.checklist, record.file.parent)


def _applying(item: pytest.Item, claimed: list[str], not_applicable: Mapping[str, str]) -> list[str]:
    """Return the claimed lines that apply to the pipeline; skip a scenario if none of its lines applies."""
    left = [id for id in claimed if id not in not_applicable]
    if claimed and not left:
        item.add_marker(pytest.mark.skip(reason=verdict.DOES_NOT_APPLY + not_applicable[claimed[0]]))
    return left


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Record the start of an attempt at a scenario, before anything can interrupt it."""
    if (scenario := _scenario(item)) is not None:
        record = item.config.stash[RECORD]
        if item.get_closest_marker("robustness") and CHECK in record.spans and FAULTS not in record.spans:
            record.end(CHECK)
            record.begin(FAULTS)
        scenario.begin()
    yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the worst outcome of a scenario's set-up, call and tear-down; pytest reports no interrupted phase."""
    report = yield
    if (scenario := _scenario(item)) is None:
        return report
    record = item.config.stash[RECORD]
    if call.excinfo is not None:
        item.stash.setdefault(FINDING, Finding()).deviations += of_error(call.excinfo.value)
    if (finding := item.stash.get(FINDING, None)) is not None:
        scenario.findings, scenario.controls = finding.findings, finding.controls
        scenario.deviations = finding.deviations
    scenario.ended = time.monotonic()
    scenario.mode = "static" if item.get_closest_marker("static") else "live"
    if call.excinfo is not None:
        status, reason = _outcome(call.excinfo, scenario.items)
        reason = record.masking.text(reason)
        others = [each for each in record.scenarios.values() if each is not scenario]
        told = any((each.status, each.reason) == (status, reason) for each in others)
        if told and (status == verdict.BROKEN or of_error(call.excinfo.value)):
            report.user_properties.append((_AGAIN, status))
        scenario.note(status, reason)
        is_noted = (scenario.status, scenario.reason) == (status, reason)
        if is_noted and status != verdict.NOT_CHECKED and item.config.option.tbstyle == "auto":
            report.longrepr = failure(getattr(report, "scenario", None), scenario)
            if status == verdict.BROKEN and not _says_why(call.excinfo.value):
                report.longrepr += f"\n\n{call.excinfo.getrepr(style='short')}"
        if item.session.shouldfail == STOPPED and record.stopped is None:
            record.stop(scenario, partial(_outcome, call.excinfo))
            if _says_why(call.excinfo.value):
                item.config.option.tbstyle = "no"  # the summary shows the error
    elif call.when == "call":
        scenario.is_well = True
    if call.when == "teardown":
        scenario.end()
    clean(report, record.shown, item.config.option.tbstyle)
    return report


def _scenario(item: pytest.Item) -> verdict.Scenario | None:
    """Return the scenario's state, created if need be; None for an item that is no scenario of an acceptance."""
    record = item.config.stash.get(RECORD, None)
    if record is None or item.nodeid not in record.expected:
        return None
    return record.scenarios.setdefault(item.nodeid, verdict.Scenario(item.nodeid, record.expected[item.nodeid]))


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Show an error that several scenarios share in full for the first one; only count it for the others."""
    again = {
        (_AGAIN, verdict.BROKEN): ("broken likewise", "E", "ERROR"),
        (_AGAIN, verdict.FAILED): ("failed likewise", "F", "FAILED"),
    }
    return next((again[each] for each in getattr(report, "user_properties", ()) if each in again), None)


def _outcome(excinfo: pytest.ExceptionInfo[BaseException], lines: Collection[str]) -> tuple[Status, str]:
    """Status and reason: FAILED (the product) by an assertion, or by an error that says so of one of these lines.

    NOT_CHECKED by a skip; BROKEN (not the product) by anything else.
    """
    error = excinfo.value
    if isinstance(error, pytest.skip.Exception):
        return verdict.NOT_CHECKED, str(error.msg)
    if isinstance(error, KeyboardInterrupt):  # pytest reports it only under --pdb
        return verdict.NOT_CHECKED, verdict.INTERRUPTED
    if isinstance(error, AssertionError | pytest.fail.Exception):
        return verdict.FAILED, str(error) or excinfo.exconly()
    if getattr(error, "failed_line", None) in lines:
        return verdict.FAILED, str(error)
    said = f"{type(error).__name__}: {error}"
    if _says_why(error):
        return verdict.BROKEN, said
    at = excinfo.traceback[-1]
    return verdict.BROKEN, f"{said}\n  evidence: raised at {at.path}:{at.lineno + 1}, in {at.name}"


def _says_why(error: BaseException) -> bool:
    """True if the project defines this error: its message gives cause and remedy; others need their location."""
    return type(error).__module__.partition(".")[0] in ("steps", "local_aws")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the verdict and use its exit code, unless pytest was stopped or only a part of the session was run."""
    record, claim = session.config.stash.get(RECORD, None), reports.claimed(session.config)
    if record is None or claim is None:
        return
    has_run = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    record.broken_off |= not has_run
    judged = record.judge()
    if judged.complete:
        judged = judged.with_notes(_remembered(session.config, judged, record.file.with_name(nights.FILE)))
    session.config.stash[VERDICT] = judged
    _write(judged, record)
    if has_run and not claim.is_part:
        session.exitstatus = judged.exit
    elif has_run and session.config.option.plan and not _is_broken(record):
        session.exitstatus = pytest.ExitCode.OK  # a NO that is to be expected is no failure of the plan
    summary_file = session.config.stash.get(CALLERS, os.environ).get("GITHUB_STEP_SUMMARY")
    if summary_file and not claim.is_part:
        with Path(summary_file).open("a", encoding="utf-8") as page:
            page.write(record.file.with_name(sheet.MARKDOWN).read_text("utf-8"))
    if judged.complete and record.tested is not None:
        writing.write(judged, record.file, record.tested, session.config.stash[SIGNER])


def _is_broken(record: Record) -> bool:
    return any(scenario.status == verdict.BROKEN for scenario in record.scenarios.values())


def _remembered(config: pytest.Config, judged: Verdict, file: Path) -> list[str]:
    """Add this session to the history in `file`; return notes on how it differs from earlier sessions."""
    past, faults = nights.read(file)
    entry = nights.make_entry(judged, past)
    nights.append(file, entry)
    return [*faults, *nights.make_notes(entry, past)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the verdict, a line per item, and the figures."""
    if VERDICT in config.stash:
        record, claim = config.stash[RECORD], reports.claimed(config)
        part = record.scenarios.values() if claim and claim.is_part else None
        page = record.file.with_name(sheet.PAGE)
        ended = Ended(config.stash[VERDICT], record.checklist, page, part, record.stopped)
        summary(terminalreporter, options.language(config), ended)
