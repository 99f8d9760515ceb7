"""The results that a session writes for Allure: one for each scenario, with its steps, evidence, labels and reasons."""

from __future__ import annotations

import json
import re

import pytest

from steps.reporting.allure_results.contents import describe_executor
from tests.steps.reporting.allure_results.conftest import Leavings, Run, read

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


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


@pytest.mark.parametrize(
    ("scenario", "diagnosis"), [("A step breaks", "check-broken"), ("The database has gone", "environment-broken")]
)
def test_an_error_that_is_no_assertion_is_broken_with_its_diagnosis(left: Leavings, scenario: str, diagnosis: str):
    result = left.results[scenario]
    assert (result["status"], result["steps"][0]["status"]) == ("broken", "broken")
    assert labels(result, "diagnosis") == [diagnosis]


def test_a_result_says_its_error_once(left: Leavings):
    result = left.results["The database has gone"]
    assert json.dumps(result["statusDetails"]).count("It has stopped answering.") == 1
    assert result["steps"][0]["statusDetails"] == result["statusDetails"]  # so that Allure shows it at this step
    assert "wanted 2 test users counted" not in json.dumps(left.results["A step fails"]["steps"][1]["steps"])


def test_each_result_has_a_lane_of_the_timeline(left: Leavings):
    lanes = {name: (labels(result, "host"), labels(result, "thread")) for name, result in left.results.items()}
    assert lanes["All is well"] == (["embedded"], ["3 Success"])
    assert lanes["A step breaks"] == (["embedded"], ["9 Beside the checklist"])


def test_a_result_says_why_there_are_more_scenarios_than_lines(left: Leavings):
    descriptions = {name: result["description"] for name, result in left.results.items()}
    assert "This line has 2 scenarios, and passes when all of them pass." in descriptions["All is well"]
    assert "scenarios" not in descriptions["A hostile reason"]
    assert descriptions["A step breaks"].startswith("This scenario answers no line of the checklist")
    session = (left.folder / "environment.properties").read_text("utf-8")
    assert "Scenarios = 6 for 5 lines of the checklist, since some lines have several\n" in session


def test_an_outline_says_its_parameters(left: Leavings):
    assert left.results["Each has its own 1"]["parameters"] == [{"name": "number", "value": "1"}]


def test_a_result_says_what_of_the_checklist_it_answers(left: Leavings):
    result = left.results["A step fails"]
    assert labels(result, "checklist") == labels(result, "tag") == ["AUR-03", "PRF-03"]
    assert labels(result, "phase") == ["3 Success", "4 Performance"]
    assert [value.split()[0] for value in labels(result, "line")] == ["AUR-03", "PRF-03"]
    assert labels(result, "target") == ["embedded"]
    assert labels(result, "severity") == ["blocker"]
    assert labels(result, "feature") == ["What a session reports"]
    assert {"AUR-03", "PRF-03"} <= {link["name"] for link in result["links"]}


def test_only_what_failed_says_causes_and_remedies(left: Leavings):
    well, failed = (left.results[name]["description"] for name in ("All is well", "A step fails"))
    assert "SFN-01" in well
    assert "Usual remedy" not in well
    assert all(word in failed for word in ("### AUR-03", "### PRF-03", "**Usual cause**", "**Usual remedy**"))


def test_every_text_of_a_session_has_its_japanese(left: Leavings):
    japanese = json.loads((left.folder / "japanese.json").read_text("utf-8"))
    assert not JAPANESE.search(well := left.results["All is well"]["description"])
    assert JAPANESE.search(japanese[well])
    assert "よくある原因" in japanese[left.results["A step fails"]["description"]]
    assert japanese[(left.folder / "environment.properties").read_text("utf-8")].startswith("実行先 = embedded\n")


def test_what_failed_says_its_diagnosis(left: Leavings):
    ids = {each["id"] for each in json.loads((left.reports / "verdict.json").read_text())["diagnoses"]}
    assert ids
    assert all(f"Diagnosis: {id}" in left.results["A step fails"]["description"] for id in ids & {"records-altered"})


def test_the_session_is_told_as_a_whole(left: Leavings):
    first_rows = (left.folder / "environment.properties").read_text().splitlines()[:3]
    assert [row.split(" = ")[0] for row in first_rows] == ["Target", "Account", "Region"]
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
        ({"USER": "somebody"}, {"name": "somebody", "type": "local"}),
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
