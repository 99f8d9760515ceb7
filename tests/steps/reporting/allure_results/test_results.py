"""The results that a session writes for Allure: one for each scenario, with its steps, evidence, labels and reasons."""

from __future__ import annotations

import json

import pytest

from steps.reporting.allure_results.contents import CATEGORIES, describe_executor
from tests.steps.reporting.allure_results.conftest import Leavings, Run, read


def steps(result: dict) -> list[tuple[str, str]]:
    return [(step["name"], step["status"]) for step in result["steps"]]


def labels(result: dict, name: str) -> list[str]:
    return [label["value"] for label in result["labels"] if label["name"] == name]


def test_every_step_is_there_in_order_with_its_keyword(left: Leavings):
    result = left.results["All is well"]
    assert result["status"] == "passed"
    assert steps(result) == [
        ("Given something is there", "passed"),
        ("When it is looked at", "passed"),
        ("Then it holds 1", "passed"),
    ]


def test_a_step_shows_what_it_has_found_and_its_controls(left: Leavings):
    assert steps(left.results["All is well"]["steps"][2]) == [
        ("1 test user counted", "passed"),
        ("control: one more: found", "passed"),
    ]


def test_evidence_is_attached_to_the_step_that_produced_it(left: Leavings):
    result = left.results["All is well"]
    given, when, then = result["steps"]
    assert left.attached(when) == {
        "rows": "user,count\nU00001,1\n",
        "document": '{\n "user": "U00001"\n}',
        "picture": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    }
    assert "attachments" not in given
    assert "attachments" not in then
    assert {"name": "page", "url": "https://console.example/it", "type": "link"} in result["links"]


def test_the_failing_step_is_marked_and_those_after_it_are_listed_as_skipped(left: Leavings):
    result = left.results["A step fails"]
    assert result["status"] == "failed"
    assert [status for _, status in steps(result)] == ["passed", "failed", "skipped"]
    assert steps(result["steps"][1]) == [("1 test user counted; wanted: 2 test users counted", "failed")]
    assert result["statusDetails"]["message"] == "AssertionError: wanted 2 test users counted, got 1 test user counted"
    assert "trace" not in result["statusDetails"]


def test_a_scenario_that_cannot_be_checked_is_skipped_with_its_reason(left: Leavings):
    result = left.results["Nothing can be said here"]
    assert result["status"] == "skipped"
    assert [status for _, status in steps(result)] == ["passed", "skipped", "skipped"]
    assert "it is not there" in result["statusDetails"]["message"]


def test_an_error_that_is_no_assertion_is_broken(left: Leavings):
    result = left.results["A step breaks"]
    assert (result["status"], result["steps"][0]["status"]) == ("broken", "broken")


def test_an_outline_says_its_parameters(left: Leavings):
    assert left.results["Each has its own 1"]["parameters"] == [{"name": "number", "value": "1"}]


def test_a_result_says_what_of_the_checklist_it_answers(left: Leavings):
    result = left.results["A step fails"]
    assert labels(result, "checklist") == labels(result, "tag") == ["AUR-03", "PRF-03"]
    assert labels(result, "phase") == ["3 Success", "4 Performance"]
    assert labels(result, "フェーズ") == ["3 成功判定基準", "4 性能"]
    assert [value.split()[0] for value in labels(result, "項目")] == ["AUR-03", "PRF-03"]
    assert labels(result, "target") == ["embedded"]
    assert labels(result, "severity") == ["blocker"]
    assert labels(result, "feature") == ["What a session reports"]
    assert {"AUR-03", "PRF-03"} <= {link["name"] for link in result["links"]}


def test_only_what_failed_says_causes_and_remedies(left: Leavings):
    well, failed = (left.results[name]["description"] for name in ("All is well", "A step fails"))
    assert "SFN-01" in well
    assert "対処 Remedy" not in well
    assert all(word in failed for word in ("### AUR-03", "### PRF-03", "原因 Usual cause", "対処 Usual remedy"))


def test_what_failed_says_its_diagnosis(left: Leavings):
    ids = {each["id"] for each in json.loads((left.reports / "verdict.json").read_text())["diagnoses"]}
    assert ids
    assert all(f"Diagnosis: {id}" in left.results["A step fails"]["description"] for id in ids & {"records-altered"})


def test_the_session_is_told_as_a_whole(left: Leavings):
    first_rows = (left.folder / "environment.properties").read_text().splitlines()[:3]
    assert [row.split(" = ")[0] for row in first_rows] == ["Target", "Account", "Region"]
    assert json.loads((left.folder / "categories.json").read_text()) == CATEGORIES
    assert json.loads((left.folder / "executor.json").read_text())["name"]


def test_a_folder_of_the_users_own_is_filled_and_not_emptied(run: Run, tmp_path):
    (tmp_path / "kept.txt").write_text("kept")
    left = run(f"--alluredir={tmp_path}", "-k", "all_is_well")
    assert list(read(tmp_path)) == ["All is well"], left.output
    assert (tmp_path / "kept.txt").exists()
    assert not left.folder.exists()


def test_without_allure_pytest_a_session_goes_on(run: Run):
    left = run("-p", "no:allure_pytest", "-k", "all_is_well")
    assert left.exit == 0, left.output
    assert not left.folder.exists()


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"USER": "somebody"}, {"name": "somebody", "type": "local", "buildName": "local run"}),
        (
            {
                "GITHUB_ACTIONS": "true",
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "team/suite",
                "GITHUB_RUN_NUMBER": "7",
                "GITHUB_RUN_ID": "1234",
                "GITHUB_WORKFLOW": "nightly",
            },
            {
                "name": "GitHub Actions",
                "type": "github",
                "url": "https://github.com/team/suite",
                "buildOrder": 7,
                "buildName": "nightly #7",
                "buildUrl": "https://github.com/team/suite/actions/runs/1234",
            },
        ),
    ],
)
def test_the_executor_is_the_workflow_or_whoever_ran_it(variables, says):
    assert describe_executor(variables) == says
