"""The folder of reports: each verdict in it is of the session that it seems to be of."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from steps.suite.reports import PARTIAL, VERDICT
from steps.verdict import checklist
from tests.acceptance.conftest import ROOT, command, environment
from tests.steps.suite.conftest import NOWHERE
from tests.steps.suite.test_rerun import STEPS

EARLIER = {
    "verdict.json": '{"verdict": "GO"}',
    "checklist.html": "GO",
    "checklist.md": "GO",
    "attestation.json": "GO",
    "allure-results/environment.properties": "Verdict = GO",
    "statistics-before.json": "evidence that the next session may be in need of",
}
FEATURE = """
@local
Feature: F

  @checklist:FIL-01
  Scenario: One
    Then it holds

  @checklist:FIL-02
  Scenario: Another
    Then it holds
"""
PLUGINS = {
    "registered": """
def pytest_plugin_registered(plugin_name):
    if plugin_name.startswith("steps."):
        print(plugin_name, "is there")
""",
    "refused": """
import pytest

def pytest_collection():
    raise pytest.UsageError("refused")
""",
    "unreadable": """
def pytest_collection():
    raise OSError("no feature can be read")
""",
    "killed": """
import os, signal

def pytest_collection():
    os.kill(os.getpid(), signal.SIGKILL)
""",
}
SEVERAL = """
import io, json, sys, pytest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

ended = {}
for name, line in json.load(sys.stdin).items():
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = pytest.main(line)
    ended[name] = int(code), said.getvalue()
Path(sys.argv[1]).write_text(json.dumps(ended))
"""
AWS_DEV = ("-m", "aws-dev")
"""A session that starts nothing before its scenarios."""
REFUSED = {
    "waivers": ([*AWS_DEV, "--waivers=nowhere.toml"], "The waivers in nowhere.toml cannot be honoured"),
    "key": ([*AWS_DEV, "--sign-key=nowhere.pem"], "nowhere.pem cannot sign"),
    "processes": (["-m", "local", "-n", "2", "-p", "registered"], "-n would spread them"),
    "option": ([*AWS_DEV, "--bogus", "some value"], "unrecognized arguments: --bogus"),
    "target": ([*AWS_DEV, "--target", "moon"], "invalid choice: 'moon'"),
    "collection": ([*AWS_DEV, "-p", "unreadable"], "no feature can be read"),
}
NOTHING = {
    "help": ["--help", *AWS_DEV],
    "version": ["--version", *AWS_DEV],
    "collect-only": ["--collect-only", "-q", *AWS_DEV],
    "markers": ["--markers", *AWS_DEV],
    "fixtures": ["--fixtures", *AWS_DEV],
    "tests": ["tests/steps/run/test_delivery.py"],
}
PARTS = {
    "path": ["features/1_precondition", *AWS_DEV],
    "keyword": ["-k", "any", *AWS_DEV],
    "line": ["--item=AUR-03", *AWS_DEV],
    "path of no target": ["features/1_precondition"],
    "keyword of no target": ["-k", "AUR-03"],
    "line of no target": ["--item=AUR-03"],
    "first": ["-x", *AWS_DEV],
    "third": ["--maxfail=3", *AWS_DEV],
    "failed": ["--lf", *AWS_DEV],
    "stepwise": ["--sw", *AWS_DEV],
    "deselected": ["--deselect=features/any.feature", *AWS_DEV],
    "ignored": ["--ignore=features/3_success", *AWS_DEV],
    "plan": ["--plan", *AWS_DEV],
    "narrower": ["-m", "aws-dev and not static"],
    "robustness": ["-m", "robustness", "--target=localstack"],
}


@dataclass(frozen=True)
class Ended:
    """A session that has ended, and the folder that it was to report into."""

    exit: int
    said: str
    reports: Path


Run = Callable[..., Ended]


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A folder in which an earlier session has left a GO."""
    return filled(tmp_path / "reports")


def filled(reports: Path) -> Path:
    for name, text in EARLIER.items():
        (reports / name).parent.mkdir(parents=True, exist_ok=True)
        (reports / name).write_text(text)
    return reports


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which `-p` finds them."""
    folder = tmp_path_factory.mktemp("plugins")
    for name, text in PLUGINS.items():
        (folder / f"{name}.py").write_text(text)
    return environment() | {"PYTHONPATH": str(folder)}


@pytest.fixture(scope="module")
def ended(plugins: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """The outcome of each command line, one after the other in one process, each after an earlier GO."""
    parts = {name: ["-p", "refused", *line] for name, line in PARTS.items()}
    lines = {**{name: line for name, (line, _) in REFUSED.items()}, **NOTHING, **parts}
    folders = {name: filled(tmp_path_factory.mktemp("reports")) for name in lines}
    cache = f"cache_dir={tmp_path_factory.mktemp('cache')}"
    told = {name: [f"--reports={folders[name]}", "-o", cache, *line] for name, line in lines.items()}
    answer = tmp_path_factory.mktemp("ended") / "ended.json"
    subprocess.run(
        [sys.executable, "-c", SEVERAL, answer],
        input=json.dumps(told),
        cwd=ROOT,
        env=plugins,
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    return {name: Ended(code, said, folders[name]) for name, (code, said) in json.loads(answer.read_text()).items()}


@pytest.fixture
def run(plugins: dict[str, str], reports: Path) -> Run:
    """A session of its own, after an earlier GO."""

    def run(*arguments: str | Path) -> Ended:
        line = command(reports, *arguments)
        done = subprocess.run(line, cwd=ROOT, env=plugins, capture_output=True, text=True, check=False, timeout=120)
        return Ended(done.returncode, done.stdout + done.stderr, reports)

    return run


def left(folder: Path) -> dict[str, str]:
    """Every file in the folder, but the lock and those of a part of a session."""
    files = {str(file.relative_to(folder)): file for file in folder.rglob("*") if file.is_file()}
    return {name: file.read_text() for name, file in files.items() if name != ".lock" and PARTIAL not in name}


@pytest.mark.parametrize("name", REFUSED)
def test_a_session_that_is_refused_or_breaks_early_leaves_unknown(ended: dict[str, Ended], name: str):
    done, (_, says) = ended[name], REFUSED[name]
    assert done.exit not in (0, 1), done
    assert says in done.said
    assert_unknown(done.reports)


def test_a_session_that_is_killed_before_its_scenarios_leaves_unknown(run: Run, reports: Path):
    assert run("-p", "killed", *AWS_DEV).exit == -signal.SIGKILL
    assert_unknown(reports)


def assert_unknown(reports: Path) -> None:
    """Its verdict is that of a session that has checked nothing; of the earlier one only evidence is left."""
    found = left(reports)
    verdict = json.loads(found.pop(VERDICT))
    assert (verdict["verdict"], verdict["complete"], verdict["exit"]) == ("UNKNOWN", False, 6)
    assert verdict["items"].keys() == checklist.read().keys()
    assert {item["status"] for item in verdict["items"].values()} == {"not-checked"}
    assert {name for name, text in found.items() if text == EARLIER.get(name)} == {"statistics-before.json"}


def test_a_mode_that_cannot_be_had_is_refused_before_anything_is_started(ended: dict[str, Ended]):
    assert "steps.suite.options is there" in ended["processes"].said
    assert "steps.targets.embedded_start is there" not in ended["processes"].said


def test_a_session_that_is_refused_because_of_another_one_leaves_its_files_alone(run: Run, reports: Path):
    with (reports / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for arguments in (AWS_DEV, (*AWS_DEV, "-k", "any")):
            done = run(*arguments)
            assert done.exit == pytest.ExitCode.USAGE_ERROR
            assert "Another run is writing to" in done.said
    assert left(reports) == EARLIER
    assert not (reports / PARTIAL).exists()


@pytest.mark.parametrize("name", NOTHING)
def test_a_command_line_that_runs_no_scenario_touches_nothing(ended: dict[str, Ended], name: str):
    assert ended[name].exit == 0, ended[name]
    assert left(ended[name].reports) == EARLIER
    assert not (ended[name].reports / ".lock").exists()


@pytest.mark.parametrize("name", PARTS)
def test_a_part_of_a_session_reports_beside_the_whole_one(ended: dict[str, Ended], name: str):
    assert "refused" in ended[name].said
    assert left(ended[name].reports) == EARLIER
    assert json.loads((ended[name].reports / PARTIAL / VERDICT).read_text())["verdict"] == "UNKNOWN"


def test_a_part_says_where_it_reports_to_and_that_it_gives_no_verdict(run: Run, reports: Path, folder: Path):
    (folder / "some.feature").write_text(FEATURE)
    (folder / "conftest.py").write_text(STEPS)
    done = run("--no-limits", *NOWHERE, folder, "-m", "local")
    assert done.exit == 0, done.said
    assert f"a part of a session, so no verdict; it reports into {reports / PARTIAL}" in done.said
    assert "PASSED  2 of 2 scenarios passed; a part of the checklist gives no verdict\n" in done.said
    assert f"\n  sheet: {reports / PARTIAL}" in done.said
    assert left(reports) == EARLIER
    verdict = json.loads((reports / PARTIAL / VERDICT).read_text())
    assert (verdict["verdict"], verdict["items"]["FIL-01"]["status"]) == ("UNKNOWN", "passed")
    assert {file.name for file in (reports / PARTIAL).iterdir()} >= {"checklist.html", "allure-results"}
    assert not (reports / PARTIAL / "attestation.json").exists()


def test_a_whole_session_is_no_go_without_every_feature_of_the_suite(run: Run, reports: Path, folder: Path):
    (folder / "some.feature").write_text(FEATURE)
    (folder / "conftest.py").write_text(STEPS)
    paths = os.path.relpath(folder, ROOT)
    done = run("--no-limits", *NOWHERE, "-o", f"testpaths={paths}", "-m", "local")
    verdict = json.loads((reports / VERDICT).read_text())
    assert (done.exit, verdict["verdict"], verdict["complete"]) == (6, "UNKNOWN", False), done.said
    assert verdict["items"]["FIL-01"]["status"] == "passed"
    assert any(note.endswith(".feature was not collected") for note in verdict["notes"])


BEYOND = """
@robustness
Feature: G

  @requirement:ROB-01
  Scenario: A third
    Then it holds

  @requirement:ROB-02
  Scenario: A fourth
    Then it does not hold
"""
FAILS = """
from steps.diagnoses.ids import Diagnosis

@then("it does not hold")
def does_not_hold(finding: Finding) -> None:
    finding.suspect(Diagnosis.RECORDS_DOUBLED, "U00001 was counted twice")
    finding.equal(2, 1, "users-counted")
"""


def test_a_release_judges_the_checklist_and_what_lies_beyond_it(run: Run, reports: Path, folder: Path):
    (folder / "some.feature").write_text(FEATURE)
    (folder / "more.feature").write_text(BEYOND)
    (folder / "conftest.py").write_text(STEPS + FAILS)
    whole = ("--no-limits", *NOWHERE, "-o", f"testpaths={os.path.relpath(folder, ROOT)}")
    done = run(*whole, "-m", "release")
    verdict = json.loads((reports / VERDICT).read_text())
    assert (done.exit, verdict["scope"]) == (6, ["FIL-01", "FIL-02"]), done.said  # not every feature of the suite
    assert {id: each["status"] for id, each in verdict["beyond"].items()} == {"ROB-01": "passed", "ROB-02": "failed"}
    assert [(each["id"], each["items"]) for each in verdict["diagnoses"]] == [("records-doubled", ["ROB-02"])]
    assert "2 of 2 lines passed; 1 of 2 requirements beyond it hold" in done.said
    assert {"ok  ROB-01", "NO  ROB-02"} <= {line.strip()[:10] for line in done.said.splitlines()}
    for name in ("checklist.html", "checklist.md"):
        assert all(text in (reports / name).read_text() for text in ("ROB-01", "ROB-02", "a fourth"))
    run(*whole, "-m", "local")
    assert "beyond" not in json.loads((reports / VERDICT).read_text())


def test_a_scenario_that_a_plug_in_leaves_out_is_still_in_scope(run: Run, reports: Path, folder: Path):
    (folder / "some.feature").write_text(FEATURE)
    leaves_out = """
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    del items[1:]
"""
    (folder / "conftest.py").write_text(STEPS + leaves_out)
    run("--no-limits", *NOWHERE, folder, "-m", "local")
    verdict = json.loads((reports / PARTIAL / VERDICT).read_text())
    assert verdict["scope"] == ["FIL-01", "FIL-02"]
    assert verdict["items"]["FIL-02"]["reason"] == "its scenario did not run in this session"
