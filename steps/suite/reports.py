"""The folder of a session's reports: claimed at the start, when every verdict of an earlier session is deleted."""

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

from steps.explained_error import explain
from steps.paths import FEATURES, REPORTS, write_atomically
from steps.suite.marks import WHOLE, find_mark_in

VERDICT = "verdict.json"
PARTIAL = "partial"
"""Subfolder for the reports of a session that runs only a part of the scenarios."""
_CONCLUSIONS = (VERDICT, "checklist.html", "checklist.md", "attestation.json")
"""Files that contain a verdict; evidence, such as log lines and saved rows, contains none and is kept."""
_SHOWS = ("help", "version", "collectonly", "showfixtures", "show_fixtures_per_test", "markers", "cacheshow")
"""Options with which pytest runs no test, by their names in its namespace."""
_SELECTS = (
    "keyword",
    "item",
    "file",
    "deselect",
    "ignore",
    "ignore_glob",
    "lf",
    "stepwise",
    "stepwise_skip",
    "maxfail",
)
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
    """The folder of a session's reports, whether the session is only a part, and the lock against other sessions."""

    folder: Path
    is_part: bool
    lock: IO[str]


_claim = pytest.StashKey[Claim]()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Claim the folder; then raise UsageError for missing packages and for options that spread scenarios."""
    config = pluginmanager.getplugin("pytestconfig")
    told = _parsed(config, parser)
    is_elsewhere = _is_elsewhere(config)
    if is_session(told, is_elsewhere=is_elsewhere):
        config.stash[_claim] = _claimed(told, is_part=is_part(told, is_elsewhere=is_elsewhere))
        config.add_cleanup(config.stash[_claim].lock.close)
    if missing := [name for name in _WHEELS if find_spec(name) is None]:
        raise pytest.UsageError(f"Not installed: {', '.join(missing)}. Run: pip install -r requirements.txt")
    spreading = [option for name, option in _SPREADS.items() if getattr(told, name, None)]
    if spreading and (claim := claimed(config)):
        begin(claim)
        raise pytest.UsageError(
            explain(
                "A session delivers the file once, so its scenarios run in one process, one after the other.",
                evidence=f"{', '.join(spreading)} would spread them",
                remedy="leave that out",
            )
        )


def pytest_report_header(config: pytest.Config) -> str | None:
    """State, for a part of a session, that it gives no verdict and where its reports are."""
    if (claim := claimed(config)) is None or not claim.is_part:
        return None
    return f"acceptance: a part of a session, so no verdict; it reports into {claim.folder}"


def claimed(config: pytest.Config) -> Claim | None:
    """Return the claim of this session; None if it runs no scenario."""
    return config.stash.get(_claim, None)


def begin(claim: Claim) -> None:
    """Write verdict.json as UNKNOWN, for a session that has not reached its scenarios."""
    from steps.verdict import checklist
    from steps.verdict.record import Record  # slow to import; the embedded AWS, if used, starts meanwhile

    with writable(claim.folder):
        record = Record(checklist.read(), claim.folder / VERDICT)
        write_atomically(record.file, record.judge().to_json())


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Turn an OSError of the block into a usage error about the folder of the reports."""
    try:
        yield
    except OSError as error:
        raise pytest.UsageError(
            explain(
                f"The reports cannot be written to {folder}.",
                evidence=str(error),
                remedy="name a folder that can be written to, on a disk with room: --reports=DIR",
            )
        ) from error


def left_in(reports: Path) -> Path:
    """Return the newest verdict.json in a folder of reports, of a whole session or of a part."""
    files = [file for file in (reports / VERDICT, reports / PARTIAL / VERDICT) if file.is_file()]
    return max(files, key=lambda file: file.stat().st_mtime_ns, default=reports / VERDICT)


def is_session(told: Namespace, *, is_elsewhere: bool) -> bool:
    """True if this command line runs scenarios on a target; `is_elsewhere`: pytest collects another folder."""
    is_aimed = bool(told.target or find_mark_in(told.markexpr)) or (not told.markexpr and _picks(told, is_elsewhere))
    return is_aimed and not any(getattr(told, name, None) for name in _SHOWS)


def _picks(told: Namespace, is_elsewhere: bool) -> bool:
    """True if the command line picks scenarios by their paths, names or lines."""
    if told.file_or_dir:
        paths = [Path(path.partition("::")[0]).resolve() for path in told.file_or_dir]
        return all(path.is_relative_to(FEATURES) for path in paths)
    return bool(told.keyword or told.item or told.file) and not is_elsewhere


def is_part(told: Namespace, *, is_elsewhere: bool) -> bool:
    """True if the session may run fewer than all scenarios; `is_elsewhere`: pytest collects another folder."""
    is_narrowed = any(getattr(told, name, None) for name in (*_SELECTS, *_RUNS_LESS))
    return bool(is_narrowed or told.file_or_dir or is_elsewhere or told.markexpr.strip() not in WHOLE)


def _is_elsewhere(config: pytest.Config) -> bool:
    """True if pytest was started outside the project folder, so it collects that folder instead of `testpaths`."""
    return config.invocation_params.dir != config.rootpath


def _parsed(config: pytest.Config, parser: pytest.Parser) -> Namespace:
    """Parse the command line as pytest is about to, now that the suite's options are registered.

    If pytest is going to reject it, ignore paths that do not exist: they may be the values of unknown options.
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
    """Return a parser for an invalid command line that reads only --reports, --target and --plan."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--reports", nargs="?", type=Path, default=REPORTS, const=REPORTS)
    parser.add_argument("--target", nargs="?")
    parser.add_argument("--plan", action="store_true")
    parser.add_argument("--item", action="append")
    parser.add_argument("--file")
    return parser


_LENIENT = _lenient()


def _claimed(told: Namespace, *, is_part: bool) -> Claim:
    """Lock the folder until the session ends, and delete the conclusions of earlier sessions in it."""
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
