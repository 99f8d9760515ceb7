"""The notification of a night: one issue, opened, updated and closed, and Slack beside it; by a real HTTP server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from markdown_it import MarkdownIt

from commands.notify import night as nights
from commands.notify import texts
from steps.reporting import nights as comparison
from steps.reporting import nights as history
from steps.verdict import checklist
from steps.verdict.model import Status, Verdict
from steps.verdict.verdict import FAILED, PASSED, Scenario
from tests.commands.github import TOKEN, WEBHOOK, GitHub, github
from tests.conftest import Command
from tests.steps.reporting import verdicts as sessions

LINES = checklist.read()


def verdict(**statuses: Status) -> dict[str, Any]:
    """A verdict with these lines in scope, AUR-03 being explained where it failed."""
    lines = {name.replace("_", "-"): status for name, status in statuses.items()} or {"AUR-03": PASSED}
    both = {"ja": "CSVと異なる値になっています", "en": "They changed by other amounts than the <CSV> says"}
    remedy = {"ja": "差を見てください", "en": "Go by the difference"}
    cause = {"id": "records-altered", "rank": 1, "items": ["AUR-03"], "cause": both, "evidence": ["U00042: 41"]}
    told = sessions.verdict(
        *(Scenario(id, [id], status) for id, status in lines.items()),
        passing=(),
        target="embedded",
        diagnoses=[cause | {"remedy": remedy}] if lines.get("AUR-03") == FAILED else [],
    )
    return told.data()


GO = verdict()
NO_GO = verdict(AUR_03="failed", INF_02="broken", FIL_01="passed")


@pytest.fixture
def api() -> Iterator[GitHub]:
    with github() as api:
        yield api


@pytest.fixture
def notify(api: GitHub, tmp_path: Path, run_command: Command) -> Command:
    """Runs the command as the workflow does, for a verdict of the embedded target, or none."""

    def run(told: dict[str, Any] | None, *arguments: str, run: int = 1, **variables: str) -> CompletedProcess[str]:
        folder = tmp_path / "embedded"
        folder.mkdir(exist_ok=True)
        file = folder / "verdict.json"
        file.unlink(missing_ok=True)
        if told is not None:
            file.write_text(json.dumps(told), "utf-8")
        set_up = {
            "GITHUB_API_URL": api.url,
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_RUN_ID": str(run),
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_STEP_SUMMARY": "",
            "SLACK_WEBHOOK_URL": api.url + WEBHOOK,
        }
        done = run_command("notify", str(folder), *arguments, **set_up | variables)
        for secret in (TOKEN, WEBHOOK):
            assert secret not in done.stdout + done.stderr
        return done

    return run


def test_one_issue_is_opened_updated_the_next_night_and_closed_at_recovery(notify: Command, api: GitHub):
    assert notify(NO_GO, run=1).returncode == 0
    assert [issue["title"] for issue in api.issues.values()] == ["Nightly acceptance: NO-GO (夜間の受け入れテスト)"]
    assert notify(verdict(INF_02="broken"), run=2).returncode == 0
    (issue,) = api.issues.values()
    assert (issue["state"], issue["title"]) == ("open", "Nightly acceptance: UNKNOWN (夜間の受け入れテスト)")
    assert "actions/runs/2" in issue["body"]
    assert "AUR-03" not in issue["body"]
    assert notify(GO, run=3).returncode == 0
    (issue,) = api.issues.values()
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    assert [body.splitlines()[1] for _, body in api.comments] == [
        "UNKNOWN again tonight",
        "Recovered: tonight's acceptance is GO",
    ]
    assert len(api.posts) == 3
    assert notify(NO_GO, run=4).returncode == 0
    assert [issue["state"] for issue in api.issues.values()] == ["closed", "open"]


def test_a_run_is_notified_once_and_a_good_night_never(notify: Command, api: GitHub):
    notify(NO_GO)
    before = api.writes
    assert notify(NO_GO).returncode == 0
    assert (len(api.issues), api.writes) == (1, before)
    notify(GO, run=2)
    before = api.writes
    assert notify(GO, run=2).returncode == 0
    assert notify(GO, run=3).returncode == 0
    assert api.writes == before


def test_the_issue_says_what_failed_why_and_what_to_do_in_both_languages_and_no_evidence(notify: Command, api: GitHub):
    notify(NO_GO, REPORT_URL="https://report.example/")
    body = api.issues[1]["body"]
    assert f"- **AUR-03** {LINES['AUR-03'].ja} (不合格)" in body
    assert f"- **AUR-03** {LINES['AUR-03'].en} (failed)" in body
    assert "(broken)" in body
    assert "1 of 3 lines passed" in body
    assert "Remedy: Go by the difference" in body
    assert "対処: 差を見てください" in body
    assert "(https://report.example/)" in body
    assert "U00042" not in body
    (post,) = api.posts
    assert "embedded: NO-GO (AUR-03, INF-02)" in post
    assert "the &lt;CSV&gt; says" in post


@pytest.mark.parametrize("webhook", ["", "http://127.0.0.1:9/gone", "https://[", "file:///etc/passwd"])
def test_a_webhook_that_is_unset_or_fails_loses_no_issue(notify: Command, api: GitHub, webhook: str):
    done = notify(NO_GO, SLACK_WEBHOOK_URL=webhook)
    assert (done.returncode, len(api.issues)) == (1 if webhook else 0, 1)
    assert ("The Slack webhook" in done.stderr) == bool(webhook)
    assert "Traceback" not in done.stderr


def test_an_api_that_fails_loses_no_post_and_says_so(notify: Command, api: GitHub):
    api.down.add("/repos")
    done = notify(NO_GO)
    assert (done.returncode, len(api.posts)) == (1, 1)
    assert "GitHub's API has not done as it was asked.\n  evidence: GET: 500" in done.stderr


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"GITHUB_TOKEN": "another"}, "401 Unauthorized"),
        ({"GITHUB_TOKEN": f"{TOKEN}\nand more"}, "evidence: GET: ValueError"),
        ({"GITHUB_API_URL": "http://github.example"}, "GitHub's API is not asked over http"),
        ({"GITHUB_TOKEN": "", "GITHUB_RUN_ID": ""}, "GITHUB_TOKEN, GITHUB_RUN_ID not set"),
        ({"NIGHT_JOBS": "[1]"}, "NIGHT_JOBS does not hold the workflow's `needs` as JSON"),
    ],
)
def test_what_is_set_up_wrongly_is_said_without_a_secret(notify: Command, variables: dict[str, str], says: str):
    done = notify(NO_GO, **variables)
    assert done.returncode == 1
    assert says in done.stderr
    assert "remedy:" in done.stderr


def test_a_rehearsal_and_the_job_s_summary_say_it_and_tell_nobody(notify: Command, api: GitHub, tmp_path: Path):
    summary = tmp_path / "summary.md"
    done = notify(NO_GO, "--rehearse", GITHUB_TOKEN="", GITHUB_STEP_SUMMARY=str(summary))
    assert (done.returncode, api.writes) == (0, 0)
    assert "## Nightly acceptance: NO-GO" in done.stdout
    assert summary.read_text("utf-8") == done.stdout


def night(folder: Path, told: dict[str, Any] | None, **jobs: str) -> nights.Night:
    if told is not None:
        (folder / "verdict.json").write_text(json.dumps(told), "utf-8")
    needs = json.dumps({name: {"result": result, "outputs": {}} for name, result in jobs.items()})
    return nights.read([folder], needs, link="link", mark="run 1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "embedded").mkdir()
    return tmp_path / "embedded"


@pytest.mark.parametrize(
    ("told", "jobs", "word"),
    [
        (GO, {"embedded": "success", "aws_dev": "skipped"}, "GO"),
        (GO, {"embedded": "success", "robustness": "failure"}, "UNKNOWN"),
        (GO, {"embedded": "success", "audit": "cancelled"}, "UNKNOWN"),
        # The verdict is written before its job ends: what came after it failed.
        (GO, {"embedded": "failure"}, "UNKNOWN"),
        (NO_GO, {"embedded": "failure", "robustness": "failure"}, "NO-GO"),
        (None, {"embedded": "failure"}, "UNKNOWN"),
        (None, {}, "UNKNOWN"),
    ],
)
def test_a_night_is_as_bad_as_its_worst_verdict_and_no_better_than_its_jobs(folder, told, jobs, word):
    assert night(folder, told, **jobs).word == word


def test_a_target_whose_job_was_skipped_is_left_out_and_one_without_a_verdict_is_not(folder: Path):
    assert night(folder, None, embedded="skipped", audit="success").results == ()
    assert "No verdict was written" in texts.write_report(night(folder, None, embedded="failure"), LINES)


def test_nothing_that_is_told_begins_a_line_or_a_link(folder: Path):
    hostile = "a\n# FORGED\u2028\x1b[1m <!channel> [FORGED](https://forged.example) `|`"
    told = json.loads(json.dumps(NO_GO)) | {"target": hostile}
    told["diagnoses"][0] |= {"id": hostile, "cause": dict.fromkeys(("ja", "en"), hostile)}
    told["diagnoses"][0]["remedy"] = told["diagnoses"][0]["cause"]
    bad = night(folder, told, **{hostile: "failure"})
    for text in (texts.write_report(bad, LINES), texts.write_again(bad)):
        tokens = [inner for each in MarkdownIt().parse(text) for inner in (each, *(each.children or ()))]
        assert [each.attrs["href"] for each in tokens if each.type == "link_open"] in (["link"] * 2, [])
        assert {each.content for each in tokens if each.type.startswith("html")} <= {"<br>"}
        assert not re.search(r"^\s*#+ FORGED|[\x1b\u2028]", text, re.M)
    assert not re.search(r"^\s*#+ FORGED|[\x1b\u2028]|<", texts.write_slack(bad), re.M)


def test_a_good_night_that_is_slow_or_flaky_is_told_of_in_slack_alone(notify: Command, api: GitHub, tmp_path: Path):
    told = Verdict.model_validate(GO)
    entry = comparison.make_entry(told, []).model_copy(update={"slow": {"session_seconds": 9.5}, "flaky": ("AUR-03",)})
    (tmp_path / "embedded").mkdir()
    history.append(tmp_path / "embedded" / history.FILE, entry)
    assert notify(GO).returncode == 0
    assert api.issues == {}
    (post,) = api.posts
    assert "It took more than twice as long as usual (session: the median of the last ten is 9.5 s)." in post
    assert "Passed only when run again: AUR-03" in post
