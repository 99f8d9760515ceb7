"""The filled checklist: what it says, and that nothing in it is taken for markup."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from steps.diagnoses import catalogue
from steps.diagnoses.ids import Diagnosis
from steps.paths import ROOT
from steps.reporting import sheet
from steps.reporting.sheet.content import fill_in
from steps.reporting.sheet.html import html
from steps.reporting.sheet.markdown import escape, markdown
from steps.suite.deviation import Deviation
from steps.verdict.model import Verdict
from tests.steps.reporting.verdicts import ARN, LINES, REQUIREMENTS, failed, passed, record, verdict, waived

MISSING = Deviation(Diagnosis.ENVIRONMENT_VARIABLE_MISSING, "csv-processor-dev lacks CHUNK_SIZE")
EVIL = '<script>alert("x")</script> | **b** `c` [a](javascript:alert(1)) <!-- &amp; $x$'


class Page(HTMLParser):
    """The texts and the elements of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(told: Verdict) -> tuple[Page, str]:
    """(the page, the Markdown) of this verdict."""
    made = fill_in(told, LINES)
    return Page(html(made)), markdown(made)


@pytest.fixture(scope="module")
def no_go() -> tuple[Page, str]:
    return shown(verdict(failed("LAM-01", "wanted 20 variables, got 19", MISSING), failed("LOG-02", "one WARN")))


def test_it_has_every_line_in_both_languages(no_go: tuple[Page, str]):
    page, text = no_go
    ids = [attributes["id"] for tag, attributes in page.elements if tag == "tbody" and "id" in attributes]
    assert sorted(map(str, ids)) == sorted(LINES)
    for item in LINES.values():
        for words in (item.ja, item.en):
            assert words in page.text
            assert escape(words) in text


def test_it_says_the_verdict_and_where_when_and_by_whom_it_came_about(no_go: tuple[Page, str]):
    told = verdict()
    page, text = shown(told)
    tester = told.data()["by"]["name"]
    wanted = ["aws-dev", "123456789012", "ap-northeast-1", tester, "ab" * 32, "SUCCEEDED", "pytest-bdd 9"]
    assert [each for each in wanted if each not in page.text or each not in text] == []
    assert "リリースできます" in page.text
    assert "ready for release" in page.text
    assert "リリースできません" in no_go[0].text
    assert f"executions/details/{ARN}" in text
    links = [str(attributes["href"]) for tag, attributes in page.elements if tag == "a"]
    assert [link for link in links if ARN in link and link.startswith("https://ap-northeast-1.console.aws")]


def test_a_no_has_its_reason_and_the_cause_and_remedy_that_were_found_or_else_its_own(no_go: tuple[Page, str]):
    found = catalogue.read()[MISSING.diagnosis]
    for text in (no_go[0].text, re.sub(r"\\(.)", r"\1", no_go[1])):
        assert "wanted 20 variables, got 19" in text
        for words in (found.cause, found.remedy):
            assert words.ja.replace("`", "") in text.replace("`", "")
            assert words.en.replace("`", "") in text.replace("`", "")
        assert MISSING.text in text


def test_a_no_without_a_diagnosis_has_the_checklists_own_words():
    page, text = shown(verdict(failed("LOG-02"), diagnoses=[]))
    for shown_text in (page.text, re.sub(r"\\(.)", r"\1", text)):
        assert LINES["LOG-02"].cause.en in shown_text
        assert LINES["LOG-02"].cause.ja in shown_text


def test_the_phases_have_planned_and_actual_time():
    _, text = shown(verdict())
    assert re.search(r"\| Phase 1: .* \| 60–120 min \| 4\.5 s \| ✓ Passed \|", text)
    assert "| 合計 | 180–240分 | 9.0秒 |" in text


def test_a_phase_that_did_not_come_took_no_time():
    told = verdict(measured={"phases": {}, "session_seconds": 9.0})
    assert re.search(r"\| Phase 3: .* \| 30 min \| – \|", shown(told)[1])


def test_a_waived_no_is_counted_apart():
    page, text = shown(verdict(failed("LOG-02"), waivers={"LOG-02": waived(reason="既知の警告")}))
    for shown_text in (page.text, text):
        assert "例外承認1件" in shown_text
        assert "with 1 waived" in shown_text
        assert "既知の警告" in shown_text
    assert "| ⊗ NO, waived | LOG-02" in text


def test_a_waived_no_is_told_first_with_who_why_and_until_when():
    made = fill_in(verdict(failed("LOG-02"), waivers={"LOG-02": waived()}), LINES)
    assert made.shade == "go-waived"
    for text in (Page(html(made)).text, markdown(made)):
        assert text.index("waived by Yamada until 2026-12-31: known") < text.index(LINES["INF-01"].en)


@pytest.mark.parametrize(
    ("target", "place"), [("embedded", "the embedded AWS"), ("localstack", "LocalStack"), ("endpoint", "an emulator")]
)
def test_a_go_of_an_emulated_aws_releases_nothing(target: str, place: str):
    made = fill_in(verdict(target=target), LINES)
    assert made.shade != fill_in(verdict(), LINES).shade == "go"
    for text in (html(made), markdown(made)):
        assert f"on {place}; the release needs aws-dev" in text
        assert "リリースにはaws-devでの実行が必要" in text
        assert "ready for release" not in text
        assert "console.aws" not in text


def test_lines_judged_by_reading_carry_a_badge_and_are_counted():
    told = verdict().data()
    told["items"]["RSK-01"]["mode"] = "static"
    made = fill_in(Verdict.model_validate(told), LINES)
    page, text = html(made), markdown(made)
    for shown_text in (page, text):
        assert "64 live, 1 by reading" in shown_text
        assert "実動作で確認64項目、設定の確認のみ1項目" in shown_text
    assert page.count('class="badge"') == 1
    assert re.search(r"RSK-01 .* \(by reading\) \|", text)


def test_alterations_of_a_session_are_shown_at_the_top():
    told = ["--after-run", "ACCEPTANCE_PROJECT", "uncommitted-changes"]
    page, text = shown(verdict(altered_by=told))
    for shown_text in (page.text, re.sub(r"\\(.)", r"\1", text)):
        assert "a command was run after the execution (--after-run); the variable ACCEPTANCE_PROJECT" in shown_text
        assert "未コミットの変更あり" in shown_text
    assert "Not run as for a release" not in shown(verdict(altered_by=[]))[0].text


def test_what_follows_from_a_failed_execution_is_folded_under_its_diagnosis():
    told = record(*(replace(failed(id), ended=99.0) for id in ("SFN-01", "AUR-02", "LOG-01")))
    told.deviations = [Deviation(Diagnosis.PERMISSION_MISSING, "not authorized")]
    told.run["status"] = "FAILED"
    (root, *followers) = told.judge().diagnoses
    page, text = shown(told.judge())
    for shown_text in (page.text, text):
        assert "3 lines follow from it" in shown_text
        assert root.cause.en.replace("`", "") in shown_text.replace("`", "")
        assert [each.id for each in followers if each.cause.en in shown_text] == []


def test_a_passed_line_is_one_sentence():
    told = verdict().data()
    told["items"]["INF-01"] |= {name: {"ja": "12の表がある", "en": "all 12 tables"} for name in ("criterion", "found")}
    page = html(fill_in(Verdict.model_validate(told), LINES))
    assert page.count(">all 12 tables<") == 1


def test_requirements_beyond_the_checklist_are_a_second_part():
    page, text = shown(verdict(passed("ROB-01"), failed("ROB-02", "wanted one, got two")))
    requirement = REQUIREMENTS["ROB-02"]
    for told in (page.text, re.sub(r"\\(.)", r"\1", text)):
        assert "Beyond the checklist, 1 of 2 requirements hold." in told
        beyond = told[told.rindex("Beyond the checklist: faults and bad files") :]
        assert re.findall("ROB-..", beyond)[:2] == ["ROB-01", "ROB-02"]
        assert all(said in beyond for said in (requirement.en, "wanted one, got two", requirement.remedy.en))
    assert "ROB-" not in shown(verdict())[1]


def test_a_session_that_was_broken_off_has_a_sheet_too():
    told = record()
    told.broken_off = True
    told.scenarios = {}
    told.facts |= dict.fromkeys(told.facts)
    told.run = {"started_by": "none"}
    page, _ = shown(told.judge())
    assert "UNKNOWN" in page.text
    assert "ran in part only" in page.text


@example(text=" ")
@given(text=st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=60))
def test_markdown_shows_any_text_as_it_is(text: str):
    rendered = MarkdownIt("commonmark").enable("table").render(f"| a |\n| --- |\n| x{escape(text)}x |\n")
    page = Page(rendered)
    assert " ".join(page.text.split()) == " ".join(f"a x{text}x".split())
    assert {tag for tag, _ in page.elements} == {"table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize("text", [EVIL, "", '">\n\n# h\n---\n<b>', "{{ 7 * 7 }}{% raw %}", "\x00\u2028"])
def test_nothing_that_is_told_is_taken_for_markup(text: str):
    told = verdict(
        failed("LOG-02", text, Deviation(Diagnosis.ERROR_LOGGED, text)), waivers={"LOG-02": waived(reason=text + "x")}
    ).data()
    told |= {"notes": [text], "discrepancies": [{"record": 1, "user": text, "fate": "lost", "stores": {text: text}}]}
    told["run"] |= {"execution_arn": text, "key": text or "k"}
    told["by"] = {"name": text, "url": f"javascript:{text}"}
    told["items"]["LOG-02"] |= {"wanted": text, "got": text, "controls": [{"id": text, "found": True}]}
    page, _ = shown(Verdict.model_validate(told))
    assert not {"script", "img", "iframe", "link", "b"} & {tag for tag, _ in page.elements}
    links = {str(attributes["href"]) for tag, attributes in page.elements if tag == "a"}
    assert all(link.startswith(("#", "https://")) for link in links)


def test_it_asks_no_host_for_anything(no_go: tuple[Page, str]):
    page, _ = no_go
    asking = {"script", "link", "img", "iframe", "object", "embed", "form", "source", "video", "audio", "base"}
    assert not asking & {tag for tag, _ in page.elements}
    policy = next(attributes["content"] for _, attributes in page.elements if attributes.get("http-equiv"))
    assert "default-src 'none'" in str(policy)
    assert "url(" not in page.text
    assert "@import" not in page.text


def command(*arguments: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "commands", "sheet", *map(str, arguments)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)


def test_it_is_made_anew_from_a_verdict_that_was_kept(tmp_path: Path):
    kept = tmp_path / "verdict.json"
    kept.write_text(verdict().to_json(), "utf-8")
    done = command(kept)
    assert done.returncode == 0, done.stderr
    assert {file.name for file in tmp_path.iterdir()} == {"verdict.json", "checklist.md", "checklist.html"}


@pytest.mark.parametrize("text", [None, "{", "[]", '{"schema": 2}', '{"schema": 1, "items": {}}', '{"schema": 1}'])
def test_what_is_no_verdict_is_refused(tmp_path: Path, text: str | None):
    kept = tmp_path / "verdict.json"
    if text is not None:
        kept.write_text(text)
    with pytest.raises(sheet.NotAVerdict, match="remedy:"):
        sheet.rewrite(kept, LINES)
