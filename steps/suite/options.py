"""The suite's command-line options: the target, the system under test, additional commands."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from steps.explained_error import explain
from steps.paths import REPORTS, ROOT
from steps.suite.marks import TARGET_OF_MARK, find_mark
from steps.targets.system import SystemUnderTest
from steps.targets.table import TARGETS
from steps.verdict import checklist
from steps.verdict.words import LANGUAGES, Language

if TYPE_CHECKING:
    from steps.targets.settings import Settings

_settings = pytest.StashKey["Settings"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option group `acceptance`."""
    group = parser.getgroup("acceptance", "acceptance of the CSV pipeline")
    group.addoption("--target", choices=list(TARGETS), help="where to run; follows from -m local or -m aws-dev")
    group.addoption(
        "--system-under-test",
        metavar="DIR",
        type=Path,
        default=ROOT / "system_under_test",
        help="template.yaml, state machine, functions and, optionally, data.yaml, sql/ and acceptance.toml",
    )
    group.addoption(
        "--item",
        metavar="ID",
        action="append",
        default=[],
        help="run only the scenarios of this line of the checklist, as AUR-03; may be given again",
    )
    group.addoption(
        "--file",
        metavar="CSV",
        type=Path,
        help="deliver this file, its users being registered for the run, and tell the fate of each of its records",
    )
    group.addoption("--after-deploy", metavar="CMD", help="run CMD, with AWS_* and DATABASE_URL set, before the checks")
    group.addoption("--after-run", metavar="CMD", help="run CMD, also with EXECUTION_ARN set, before the run is judged")
    group.addoption("--reports", metavar="DIR", type=Path, default=REPORTS, help="where the verdict goes")
    group.addoption("--keep", action="store_true", help="leave the environment up and say how to reach it")
    group.addoption(
        "--start",
        choices=("by-itself", "manually"),
        default="by-itself",
        help="manually: start the execution by hand from the outset, not only when the upload has started none",
    )
    group.addoption("--endpoint-url", metavar="URL", help="an emulator that already runs, for --target=endpoint")
    group.addoption("--no-limits", action="store_true", help="ask an emulator what it is known not to do, too")
    group.addoption("--settings", metavar="FILE", type=Path, help="DIR/acceptance.toml unless said")
    group.addoption(
        "--database-url",
        metavar="URL",
        help="the database as reached from here, such as a tunnel to Aurora; "
        "with -m aws-dev, DATABASE_URL or else the cluster's endpoint unless said",
    )
    group.addoption(
        "--plan", action="store_true", help="say what would be written, and which NOs to expect; write nothing"
    )
    group.addoption("--waivers", metavar="FILE", type=Path, help="lines whose NO is accepted; waivers.toml unless said")
    group.addoption("--sign-key", metavar="FILE", type=Path, help="sign the attestation by this PEM key")
    group.addoption("--fault-seed", metavar="N", type=int, default=1, help="what faults are drawn from: -m release")
    group.addoption("--fault-draws", metavar="N", type=int, default=3, help="how many files get a fault that is drawn")
    group.addoption("--language", choices=LANGUAGES, help="of the terminal; that of the locale unless said")
    group.addoption("--no-gate", action="store_true", help="go on to the run after a failed precondition")


def target(config: pytest.Config) -> str:
    """Return the target's name; raises UsageError if the command line names none, or an unavailable one.

    Scenarios that are picked by path, -k or --item run on the embedded AWS unless -m or --target says otherwise.
    """
    from steps.suite.reports import claimed  # a plug-in, which pytest wants to import itself

    mark, expression = find_mark(config), config.option.markexpr
    chosen = config.option.target or TARGET_OF_MARK.get(mark or "")
    if config.option.file and not config.option.file.is_file():
        raise pytest.UsageError(
            explain(
                f"--file={config.option.file} does not exist, or is no file.",
                evidence=f"looked for {config.option.file.resolve()}",
                remedy="name a CSV file that is there",
            )
        )
    if config.option.file and chosen == "aws-dev":
        raise pytest.UsageError(
            explain(
                "--file delivers to an emulator only.",
                evidence="it registers the file's users, and the dev account's are not the suite's own",
                remedy="leave out -m aws-dev, or upload the file there by hand",
            )
        )
    if chosen is None and (claim := claimed(config)) and claim.is_part:
        return "embedded"
    if chosen is None:
        raise pytest.UsageError(
            explain(
                "No target is named, so there is nowhere to run the scenarios.",
                evidence=expression and f"-m {expression} does not name exactly one of {', '.join(TARGET_OF_MARK)}",
                remedy="say pytest -m local (embedded AWS and PostgreSQL on this machine), pytest --item=ID for one "
                "line of the checklist, or pytest tests for the project's own tests",
            )
        )
    if chosen == "aws-dev" and mark != "aws-dev":
        told = f"-m {mark}" if mark else "A session without -m aws-dev"
        raise pytest.UsageError(
            explain(
                f"{told} alters what is deployed, and the dev account is not ours alone.",
                remedy="say pytest -m aws-dev",
            )
        )
    if chosen == "endpoint" and not (config.option.endpoint_url and config.option.database_url):
        raise pytest.UsageError(
            explain(
                "--target=endpoint wants --endpoint-url=URL and --database-url=URL.",
                remedy="name where the emulator answers, and a PostgreSQL that this machine and the functions reach",
            )
        )
    return str(chosen)


def system(config: pytest.Config) -> SystemUnderTest:
    """Return the system under test."""
    return SystemUnderTest(config.option.system_under_test.resolve())


def settings_file(config: pytest.Config) -> Path:
    """Return the path of the pipeline's settings: that of --settings, or else the pipeline's own file."""
    told: Path | None = config.option.settings
    return told.resolve() if told else system(config).settings


def settings(config: pytest.Config) -> Settings:
    """Return the pipeline's settings, read once; raises a UsageError that lists every mistake."""
    from steps.targets.settings import ACCOUNT, SettingsError, read  # imports drivers, which are slow to load

    if _settings not in config.stash:
        file, folder = settings_file(config), system(config).folder
        needed = ACCOUNT if target(config) == "aws-dev" else ()
        try:
            config.stash[_settings] = read(file, os.environ, needed=needed, lines=checklist.read(), folder=folder)
        except SettingsError as faulty:
            raise pytest.UsageError(str(faulty)) from faulty
    return config.stash[_settings]


def language(config: pytest.Config) -> Language:
    """Return the terminal's language: that of --language, or else Japanese in a Japanese locale, or else English."""
    told: Language | None = config.option.language
    locale = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return told or ("ja" if locale.startswith("ja") else "en")


def altering(config: pytest.Config) -> list[str]:
    """Return the options and variables by which the session differs from one that is run for a release."""
    from steps.targets.settings import PREFIX  # imports drivers, which are slow to load

    option = config.option
    told = {
        "--after-deploy": option.after_deploy,
        "--after-run": option.after_run,
        "--no-gate": option.no_gate,
        "--start=manually": option.start == "manually",
        "--settings": option.settings,
    }
    variables = sorted(name for name in os.environ if name.startswith(PREFIX))
    return [*(name for name, is_given in told.items() if is_given), *variables]
