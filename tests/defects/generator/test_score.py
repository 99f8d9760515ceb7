"""Generated mutants are judged, scored and shown."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from defects.generator import command
from defects.generator.change import BUNDLED, Change, Replacement
from defects.generator.command import Results
from defects.generator.judge import conclude_part, evaluate
from defects.generator.score import GO, Judged, matrix, score, scores_by_mark
from steps.paths import ROOT

CHANGE = Change("state machine", "retry dropped", "Merge: Retry", (Replacement("a.asl.json", 0, 1, "x"),), "abc")
ONE = Judged("abc", "python", "return changed", "merge", "-a\n+b", "caught", ["SFN-01"], "state-failed", True)


def verdict(word: str, cause: str = "", **statuses: str) -> dict:
    items = {id.replace("_", "-"): {"status": status, "reason": "because"} for id, status in statuses.items()}
    return {"verdict": word, "items": items, "diagnoses": [{"id": "state-failed", "cause": cause}] if cause else []}


@pytest.mark.parametrize(
    ("said", "fault", "lawful"),
    [("NO-GO", "caught", "false alarm"), ("GO", "survived", "GO"), ("UNKNOWN", "unknown", "unknown")],
)
def test_a_fault_has_to_be_a_no_and_a_lawful_change_a_go(said, fault, lawful):
    words = [evaluate(CHANGE, "", verdict(said), "", 1, lawful=each).word for each in (False, True)]
    assert words == [fault, lawful]


def test_a_mutant_without_a_verdict_is_unknown_and_a_broken_line_says_why():
    assert evaluate(CHANGE, "", None, "given up after 420 s", 420, lawful=False).ended == "given up after 420 s"
    assert evaluate(CHANGE, "", verdict("UNKNOWN", SFN_01="broken"), "", 1, lawful=False).ended == "because"


def test_requirements_beyond_the_checklist_catch_mutants_too():
    release = verdict("NO-GO", "counted twice", SFN_01="passed") | {"beyond": {"ROB-02": {"status": "failed"}}}
    assert evaluate(CHANGE, "", release, "", 1, lawful=False).lines == ["ROB-02"]


def test_a_lawful_change_that_the_suite_says_it_does_not_support_is_right():
    refused = verdict("NO-GO", "a distributed Map", INF_04="failed")
    refused["diagnoses"][0]["id"] = "state-machine-unsupported"
    unsupported = evaluate(CHANGE, "", refused, "", 1, lawful=True)
    assert unsupported.word == "unsupported"
    assert score([unsupported], {}, lawful=True).percent == 100


def test_the_place_is_named_by_the_first_diagnosis_or_the_first_no():
    named = [
        evaluate(CHANGE, "", verdict("NO-GO", cause, SFN_01="failed"), "", 1, lawful=False).named
        for cause in ("the state Merge has no Retry", "something else")
    ]
    assert named == [True, False]


def test_the_score_is_the_caught_among_those_that_are_not_equivalent():
    judged = [ONE, replace(ONE, id="b", word="survived"), replace(ONE, id="c", word="unknown", named=False)]
    found = score([*judged, replace(ONE, id="d", word="survived")], {"d": "the same result"})
    assert (found.made, found.equivalent, found.caught, found.unknown, found.named) == (4, 1, 1, 1, 1)
    assert str(found) == "1 of 3 caught (33 %)"
    assert score([], {}).percent == 100
    assert score([replace(ONE, word=GO), replace(ONE, word="false alarm")], {}, lawful=True).percent == 50


def test_the_matrix_has_survivors_with_their_diffs_on_top_and_both_scores():
    judged = [ONE, replace(ONE, id="b", word="survived", diff="-lost\n+kept"), replace(ONE, id="d", word="survived")]
    page = matrix(judged, [replace(ONE, word="false alarm", diff="+Tags")], {"d": "the same result"}, 7)
    assert "seed 7" in page.splitlines()[0]
    assert "| faults: NO-GO | 3 | 1 | 1 | 50 % | 0 | 1 |" in page
    assert "| lawful changes: GO or unsupported | 1 | 0 | 0 | 0 % | 0 | 0 |" in page
    assert (
        page.index("-lost")
        < page.index("## Scores")
        < page.index("## By operator")
        < page.index("`d` return changed, merge: the same result")
    )
    assert "+Tags" in page
    assert "| return changed | 3 | 1 | 1 | 50 % | 0 | 1 |" in page


def test_results_are_kept_for_the_same_sources_and_a_run_goes_on_where_it_stopped(tmp_path, capsys, monkeypatch):
    line = [f"--reports={tmp_path}", "--seed", "5", "--count", "3"]
    command.main([*line, "--list"])
    ids = [each.split()[2] for each in capsys.readouterr().out.splitlines() if each.startswith("# ")]
    kept = Results(tmp_path, BUNDLED, "5")
    for id in ids:
        kept.add(replace(ONE, id=id))
    assert command.main(line) == 0
    assert "3 of 3 caught, 0 unknown, 0 equivalent, 3 with their place; seed 5" in capsys.readouterr().out
    kept.add(replace(ONE, id=ids[0], layer="sql", word="survived", diff="-kept\n+lost"))
    assert command.main(line) == 1
    told = capsys.readouterr().out
    assert told.index("-kept\n+lost") < told.index("2 of 3 caught")
    assert command.main([*line, "--layer", "sql", "--layer", "template"]) == 0
    assert "2 of 2 caught" in capsys.readouterr().out
    kept.add(replace(ONE, id=ids[0]))
    assert command.main(line) == 0
    told = json.loads((tmp_path / "generated.json").read_text("utf-8"))
    assert [each["id"] for each in told["mutants"]] == ids
    assert (told["seed"], told["faults"]["caught"]) == (5, 3)
    assert Results(tmp_path, ROOT / "examples" / "tally", "5").read() == {}
    file = next((tmp_path / "generated").glob("*.jsonl"))
    file.write_text(file.read_text("utf-8").replace('"key": "', '"key": "0') + '\n{"key": "', "utf-8")
    assert kept.read() == {}


def test_a_survivor_fails_the_command(tmp_path, capsys):
    line = [f"--reports={tmp_path}", "--seed", "5", "--count", "1"]
    command.main([*line, "--list"])
    id = capsys.readouterr().out.split()[2]
    Results(tmp_path, BUNDLED, "5").add(replace(ONE, id=id, word="survived"))
    assert command.main(line) == 1


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        (["passed", "failed", "not-checked"], "NO-GO"),
        (["passed", "not-checked"], "GO"),
        (["passed", "broken"], "UNKNOWN"),
        (["not-checked"], "UNKNOWN"),
    ],
)
def test_robustness_scenarios_conclude_by_the_requirements_that_they_answer(statuses, said):
    beyond = {f"ROB-{number:02}": {"status": status} for number, status in enumerate(statuses, 1)}
    assert conclude_part({"verdict": "UNKNOWN", "items": {}, "beyond": beyond}) == said


def test_a_release_scores_the_checklist_alone_beside_both_parts():
    by_both = [ONE, replace(ONE, id="b", mark="robustness"), replace(ONE, id="c", word="survived", mark="robustness")]
    alone, both = scores_by_mark(by_both, {}).values()
    assert (alone.caught, both.caught, both.counted) == (1, 2, 3)
    assert "by `-m local` |" in matrix(by_both, [], {}, 1)
    assert "by `-m release` |" in matrix(by_both, [], {}, 1)
