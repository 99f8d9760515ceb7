"""The folder that a session reports into: from its first moment on, nothing in it tells another session's verdict."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import pytest

from steps.suite import options

VERDICT = "verdict.json"
PARTIAL = "partial"
"""The folder of a part of a session, inside that of whole ones."""
_CONCLUSIONS = (VERDICT, "checklist.html", "checklist.md", "attestation.json")
"""The files that tell a verdict; evidence, such as log lines and saved rows, tells none and stays."""
_SHOWS = ("help", "version", "collectonly", "showfixtures", "show_fixtures_per_test", "markers", "cacheshow")
"""Options of command lines that run nothing, by their names in pytest's namespace."""
_SELECTS = ("keyword", "deselect", "ignore", "ignore_glob", "lf", "stepwise", "stepwise_skip", "maxfail")
_RUNS_LESS = ("setuponly", "setupplan", "plan")
_SPREADS = {
    "numprocesses": "-n",
    "tx": "--tx",
    "distload": "-d",
    "looponfail": "-f",
    "forked": "--forked",
    "workers": "--workers",
    "tests_per_worker": "--tests-per-worker",
}
"""Options of pytest-xdist, pytest-forked and pytest-parallel that run scenarios in other processes or threads."""


_WHEELS = ("boto3", "jinja2", "packaging", "psycopg", "pytest_bdd", "samtranslator", "tenacity")


@dataclass(frozen=True)
class Claim:
    """The folder that a session reports into, whether it is a part of one only, and the lock that keeps others out."""

    folder: Path
    is_part: bool
    lock: IO[str]


_claim = pytest.StashKey[Claim]()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Claims the folder; then refuses, before anything is started, what cannot be had."""
    config = pluginmanager.getplugin("pytestconfig")
    told = _parsed(config, parser)
    if is_session(told):
        config.stash[_claim] = _claimed(told, is_part=is_part(told, is_elsewhere=_is_elsewhere(config)))
        config.add_cleanup(config.stash[_claim].lock.close)
    if missing := [name for name in _WHEELS if find_spec(name) is None]:
        raise pytest.UsageError(f"Not installed: {', '.join(missing)}. Run: pip install -r requirements.txt")
    spreading = [option for name, option in _SPREADS.items() if getattr(told, name, None)]
    if spreading and (claim := claimed(config)):
        begin(claim)
        raise pytest.UsageError(
            "A session delivers the file once, so its scenarios run in one process, one after the other.\n"
            f"  evidence: {', '.join(spreading)} would spread them\n  remedy: leave that out"
        )


def pytest_report_header(config: pytest.Config) -> str | None:
    """Says of a part of a session where it reports to, and that it gives no verdict."""
    if (claim := claimed(config)) is None or not claim.is_part:
        return None
    return f"acceptance: a part of a session, so no verdict; it reports into {claim.folder}"


def claimed(config: pytest.Config) -> Claim | None:
    """What this session has claimed; None where no scenario runs."""
    return config.stash.get(_claim, None)


def begin(claim: Claim) -> None:
    """Writes the verdict of a session that has not come to its scenarios: UNKNOWN."""
    from steps.verdict import checklist
    from steps.verdict.record import Record  # slow to import: the embedded AWS starts meanwhile, if at all

    with writable(claim.folder):
        Record(checklist.read(), claim.folder / VERDICT).written()


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """A usage error where what the block writes to the folder of the reports cannot be written."""
    try:
        yield
    except OSError as error:
        raise pytest.UsageError(
            f"The reports cannot be written to {folder}.\n  evidence: {error}\n"
            "  remedy: name a folder that can be written to, on a disk with room: --reports=DIR"
        ) from error


def left_in(reports: Path) -> Path:
    """The newest verdict.json in a folder of reports, of a whole session or of a part of one."""
    files = [file for file in (reports / VERDICT, reports / PARTIAL / VERDICT) if file.is_file()]
    return max(files, key=lambda file: file.stat().st_mtime_ns, default=reports / VERDICT)


def is_session(told: Namespace) -> bool:
    """Whether this command line runs scenarios on a target."""
    is_aimed = bool(told.target or options.mark_in(told.markexpr))
    return is_aimed and not any(getattr(told, name, None) for name in _SHOWS)


def is_part(told: Namespace, *, is_elsewhere: bool) -> bool:
    """Whether it may run less than every scenario; `is_elsewhere`: started where pytest collects other files."""
    is_narrowed = any(getattr(told, name, None) for name in (*_SELECTS, *_RUNS_LESS))
    return bool(is_narrowed or told.file_or_dir or is_elsewhere or told.markexpr.strip() not in options.WHOLE)


def _is_elsewhere(config: pytest.Config) -> bool:
    """Whether pytest was started outside the project's own folder: it collects what is there, and not `testpaths`."""
    return config.invocation_params.dir != config.rootpath


def _parsed(config: pytest.Config, parser: pytest.Parser) -> Namespace:
    """The command line as pytest is about to read it, now that it knows the suite's options.

    Of one that it is going to refuse, a path that does not exist may be the value of an option that it does not know.
    """
    environment = shlex.split(os.environ.get("PYTEST_ADDOPTS", ""))
    arguments = [*config.getini("addopts"), *environment, *map(str, config.invocation_params.args)]
    try:
        told, unknown = parser.parse_known_and_unknown_args(arguments, copy(config.option))
        is_refused = bool(unknown)
    except pytest.UsageError:
        told, _ = _LENIENT.parse_known_args(arguments, copy(config.known_args_namespace))
        is_refused = True
    if is_refused:
        told.file_or_dir = [path for path in told.file_or_dir if Path(path.partition("::")[0]).exists()]
    return told


def _lenient() -> ArgumentParser:
    """Reads of a faulty command line where its reports go, and which part of a session it asks for."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--reports", nargs="?", type=Path, default=options.REPORTS, const=options.REPORTS)
    parser.add_argument("--target", nargs="?")
    parser.add_argument("--plan", action="store_true")
    return parser


_LENIENT = _lenient()


def _claimed(told: Namespace, *, is_part: bool) -> Claim:
    """The folder, ours alone until the session ends, without what an earlier session concluded."""
    reports: Path = told.reports
    folder = reports / PARTIAL if is_part else reports
    with writable(reports):
        reports.mkdir(parents=True, exist_ok=True)
        lock = (reports / ".lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise pytest.UsageError(
                f"Another run is writing to {reports}. Give this one a folder of its own: --reports=DIR."
            ) from None
        folder.mkdir(exist_ok=True)
        for name in _CONCLUSIONS:
            (folder / name).unlink(missing_ok=True)
    if not getattr(told, "allure_report_dir", None):
        shutil.rmtree(folder / "allure-results", ignore_errors=True)
    return Claim(folder, is_part, lock)
