"""Outcomes of sessions with defects are judged, counted, kept and shown."""

from __future__ import annotations

from pathlib import Path

from defects import kill_matrix
from defects.catalogue_reader import Defect, Edit
from defects.kill_matrix import Results
from defects.outcome import Outcome, outcome, tally
from defects.pipeline_copy import copied, missed

LINES = ["INF-01", "SFN-01", "AUR-03", "PST-01"]


def defect(*items: str, diagnosis: str = "records-lost") -> Defect:
    return Defect(
        what="A record is lost somewhere.",
        how="It comes about in some way.",
        items=items,
        diagnosis=diagnosis,
        after_run=("sql", "DELETE FROM user_statistics"),
    )


def verdict(*diagnoses: str, **statuses: str) -> dict:
    items = {id.replace("_", "-"): {"status": status} for id, status in statuses.items()}
    return {"items": items, "diagnoses": [{"id": each} for each in diagnoses]}


def test_a_defect_is_killed_by_a_line_that_it_names_and_diagnosed_by_the_first_diagnosis():
    found = outcome("data/lost", 40.0, verdict("records-lost", "too-slow", SFN_01="failed", AUR_03="failed"), "")
    assert found.red == ["SFN-01", "AUR-03"]
    assert found.noticed(defect("AUR-03")) == ["AUR-03"]
    assert found.diagnosed(defect("AUR-03"))
    assert not found.diagnosed(defect("AUR-03", diagnosis="too-slow"))


def test_a_defect_survives_lines_that_it_does_not_name_and_lines_that_broke():
    found = outcome("data/lost", 40.0, verdict(SFN_01="failed", AUR_03="broken", INF_01="passed"), "")
    assert found.noticed(defect("AUR-03", "INF-01")) == []
    assert found.first is None


def test_a_session_without_a_verdict_has_noticed_nothing():
    found = outcome("data/lost", 420.0, None, "given up after 420 s")
    assert (found.red, found.ended) == ([], "it left no verdict: given up after 420 s")
    assert outcome("data/lost", 1.0, None, "").ended == "it left no verdict"


def test_the_whole_catalogue_in_figures():
    defects = {"a/killed": defect("AUR-03"), "a/survivor": defect("INF-01"), "a/not_run": defect("INF-01")}
    outcomes = {
        "a/killed": Outcome("a/killed", 1, {"SFN-01": "failed", "AUR-03": "failed"}, "records-lost"),
        "a/survivor": Outcome("a/survivor", 1, {"SFN-01": "failed"}, "state-failed"),
    }
    found = tally(defects, outcomes, LINES, {"PST-01": "the suite's own"})
    assert (found.defects, found.killed, found.diagnosed) == (2, 1, 1)
    assert (found.survivors, found.misdiagnosed) == (["a/survivor"], ["a/survivor"])
    assert (found.never_red, found.never_first) == (["INF-01"], ["INF-01", "AUR-03"])


def test_outcomes_are_kept_the_last_of_each_defect(tmp_path: Path):
    defects = {"a/lost": defect("AUR-03")}
    kept = Results(tmp_path / "reports" / "matrix.jsonl", defects)
    assert kept.read() == {}
    kept.add(Outcome("a/lost", 1, {}, None))
    kept.add(last := Outcome("a/lost", 2, {"AUR-03": "failed"}, "records-lost"))
    assert Results(tmp_path / "reports" / "matrix.jsonl", defects).read() == {"a/lost": last}


def test_outcomes_of_a_defect_that_has_changed_are_left_out(tmp_path: Path):
    file = tmp_path / "matrix.jsonl"
    Results(file, {"a/lost": defect("AUR-03")}).add(Outcome("a/lost", 1))
    assert Results(file, {"a/lost": defect("AUR-03", "SFN-01")}).read() == {}
    assert Results(file, {"a/renamed": defect("AUR-03")}).read() == {}


def test_outcomes_of_other_sources_are_left_out(tmp_path: Path, monkeypatch):
    file, defects = tmp_path / "matrix.jsonl", {"a/lost": defect("AUR-03")}
    Results(file, defects).add(Outcome("a/lost", 1))
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps" / "judge.py").write_text("another = 1")
    monkeypatch.setattr(kill_matrix, "ROOT", tmp_path)
    kill_matrix.judges.cache_clear()
    try:
        assert Results(file, defects).read() == {}
    finally:
        kill_matrix.judges.cache_clear()


def test_a_line_that_was_cut_off_costs_that_outcome_alone(tmp_path: Path):
    file, defects = tmp_path / "matrix.jsonl", {"a/lost": defect("AUR-03")}
    kept = Results(file, defects)
    kept.add(first := Outcome("a/lost", 1))
    file.write_text(file.read_text("utf-8") + '\n{"key": "abc", "def')
    assert kept.read() == {"a/lost": first}
    kept.add(second := Outcome("a/lost", 2))
    assert kept.read() == {"a/lost": second}


def test_the_page_has_survivors_on_top_and_says_what_nothing_turned_red(tmp_path: Path):
    defects = {"a/killed": defect("AUR-03"), "b/survivor": defect("INF-01")}
    outcomes = {
        "a/killed": Outcome("a/killed", 1, {"AUR-03": "failed"}, "records-lost"),
        "b/survivor": Outcome("b/survivor", 1, {}, None),
    }
    file = tmp_path / "kill-matrix.html"
    found, elsewhere = tally(defects, outcomes, LINES, {}), {"FIL-01": "the file is the suite's own"}
    kill_matrix.write(file, defects, outcomes, found, LINES, figures="in 3 minutes", proven_elsewhere=elsewhere)
    text = file.read_text("utf-8")
    matrix = text[text.index("<table>") :]
    assert matrix.index("b/survivor") < matrix.index("a/killed")
    assert "<li>PST-01</li>" in text
    assert "FIL-01: the file is the suite&#x27;s own" in text
    assert "in 3 minutes" in text


def test_a_copy_has_the_edits_and_an_edit_that_fits_no_more_is_told(tmp_path: Path):
    fits = Edit(file="data.yaml", old="wildcard: incoming/*.csv", new="wildcard: '*.csv'")
    copy = copied([fits], tmp_path / "copy")
    assert "wildcard: '*.csv'" in (copy / "data.yaml").read_text("utf-8")
    assert (copy / "sql" / "schema.sql").is_file()
    gone = Edit(file="data.yaml", old="wildcard: inbox/", new="")
    often = Edit(file="data.yaml", old="Type: AWS::DynamoDB::Table", new="")
    assert missed([fits, gone, often]) == [
        "'wildcard: inbox/' is 0 times in data.yaml",
        "'Type: AWS::DynamoDB::Table' is 4 times in data.yaml",
    ]
