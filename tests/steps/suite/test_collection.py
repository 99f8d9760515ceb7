"""Feature files as they are collected."""

from __future__ import annotations

import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
from pytest_bdd import parsers, when

from steps.suite.collection import faults, unused
from steps.verdict import checklist
from tests.acceptance.conftest import ROOT, command, environment, run_forked
from tests.steps.suite.conftest import session


@pytest.fixture(scope="module")
def definitions() -> None:
    """Those of the suite."""
    for module in (path for path in (ROOT / "steps").rglob("*.py") if path.name != "__main__.py"):
        import_module(".".join(module.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))


@pytest.mark.parametrize(
    ("tag", "says"),
    [
        ("@checklist:XYZ-99", "claims XYZ-99, which the checklist does not have"),
        ("@requirement:ROB-99", "claims ROB-99, which the checklist does not have"),
        ("@robustness", "answers no requirement"),
        ("@chekclist", "'chekclist' not found in `markers`"),
    ],
)
def test_a_tag_that_nobody_knows_is_an_error(folder: Path, tag: str, says: str):
    (folder / "some.feature").write_text(
        f"@local\nFeature: F\n\n  {tag}\n  Scenario: S\n    When the file is delivered\n"
    )
    done = session("--collect-only", folder, reports=folder)
    assert done.returncode not in (0, 5)
    assert says in done.stdout


def test_every_requirement_is_answered_and_a_release_is_the_checklist_then_what_lies_beyond_it(tmp_path: Path):
    ids: set[str] = set()
    found = {}
    for mark in ("local", "robustness", "release"):
        done = session("--collect-only", "-q", "-m", mark, reports=tmp_path)
        found[mark] = [line for line in done.stdout.splitlines() if "::" in line]
    for file in (ROOT / "features" / "robustness").glob("*.feature"):
        ids |= set(re.findall(r"@requirement:(\S+)", file.read_text("utf-8")))
    assert ids == checklist.read_requirements().keys()
    assert found["release"] == found["local"] + found["robustness"]
    assert all(found.values())


@pytest.mark.parametrize("picked", [["-k", "AUR-03"], ["--item=AUR-03"], ["--item", "aur-03"]])
def test_a_line_of_the_checklist_picks_its_scenarios(tmp_path: Path, picked: list[str]):
    line = command(tmp_path, "-m", "local", "--collect-only", "-q", *picked)
    done = subprocess.run(line, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    found = {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}
    assert found == {"features/3_success/any_lawful_file.feature", "features/3_success/statistics.feature"}
    assert "2/" in done.stdout
    assert "warning" not in done.stdout  # such as a plug-in that another one imports first


def test_a_line_that_no_scenario_answers_is_named_with_the_nearest(tmp_path: Path):
    done = session("--item=AUR-99", reports=tmp_path)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "No scenario answers AUR-99.\n  evidence: the nearest: AUR-0" in done.stdout


def test_a_session_that_is_started_in_a_folder_without_features_says_where_to_start_it(tmp_path: Path):
    elsewhere = ROOT / "docs"
    for wanted in (("-m", "local"), ("--item=AUR-03",)):
        done = run_forked(tmp_path, *wanted, cwd=elsewhere)
        assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout
        assert f"No feature is in the folder {elsewhere}.\n  remedy: start pytest in {ROOT}" in done.stdout


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["Scenario: S", "When the file is delivered", "Scenario: S"], "2 scenarios are named 'S'"),
        (["Senario: S", "When the file is delivered"], "neither keyword nor step: 'Senario: S'"),
        (["Scenario: S", "Wen the file is delivered"], "neither keyword nor step: 'Wen the file is delivered'"),
        (["Scenario: S", "When the file is delivered", "Them it is well"], "got 'Them it is well'"),
        (["Scenario: S", "When the file is devoured"], "when 'the file is devoured' is defined by nothing"),
        (["Scenario: S", "Given the file is delivered"], "given 'the file is delivered' is defined by nothing"),
    ],
)
def test_parts_of_a_feature_that_would_not_run_are_named(
    definitions: None, tmp_path: Path, lines: list[str], says: str
):
    (tmp_path / "some.feature").write_text("\n".join(["Feature: F", *lines]))
    assert says in "\n".join(faults(tmp_path / "some.feature"))


def test_a_feature_whose_parts_would_not_run_is_an_error(folder: Path):
    (folder / "some.feature").write_text("Feature: F\nSenario: S\nWhen the file is delivered\n")
    done = session("--collect-only", folder, reports=folder)
    assert done.returncode == 2
    assert "Parts of some.feature would not run as they read" in done.stdout


def test_a_step_that_two_definitions_match_is_named(tmp_path: Path):
    file = tmp_path / "some.feature"
    file.write_text("Feature: F\n  Scenario: S\n    When the moon is full\n")
    when("the moon is full")(lambda: None)
    when(parsers.parse("the moon is {phase}"))(lambda: None)
    assert faults(file) == ['when \'the moon is full\' is defined by "the moon is full" and "the moon is {phase}"']


def test_no_step_definition_is_unused(definitions: None):
    assert [each for each in unused((ROOT / "features").rglob("*.feature")) if " in steps." in each] == []


def test_every_scenario_is_collected_under_its_own_file(tmp_path: Path):
    done = session("--collect-only", "-q", reports=tmp_path)
    texts = [file.read_text("utf-8") for file in (ROOT / "features").rglob("*.feature")]
    written = sum(
        line.strip().startswith("Scenario:")
        for text in texts
        if text.startswith("@local")
        for line in text.splitlines()
    )
    written += sum(
        len(rows.strip().splitlines()) - 1
        for text in texts
        if text.startswith("@local")
        for rows in text.split("Examples:")[1:]
    )
    assert len([line for line in done.stdout.splitlines() if ".feature::" in line]) == written


def test_an_option_with_a_space_needs_nothing_of_the_projects_own_tests(tmp_path: Path):
    """With requirements.txt alone: pytest takes that option for a path, and reads tests/conftest.py too."""
    (tmp_path / "hypothesis.py").write_text("raise ModuleNotFoundError(__name__)")
    line = command(tmp_path, "-m", "local", "--collect-only", "-p", "no:hypothesispytest", "--after-deploy=echo it")
    env = environment() | {"PYTHONPATH": str(tmp_path)}
    ended = subprocess.run(line, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
