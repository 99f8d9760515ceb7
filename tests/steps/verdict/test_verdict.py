"""From what scenarios came to, to GO, NO-GO or UNKNOWN."""

from __future__ import annotations

import pytest

from steps.diagnoses.ids import Diagnosis
from steps.suite.deviation import Deviation
from steps.verdict import checklist, verdict
from steps.verdict.model import Status
from steps.verdict.verdict import BROKEN, FAILED, LIMIT, NOT_CHECKED, PASSED, Scenario
from steps.verdict.words import Words
from tests.steps.reporting import verdicts

LINES = checklist.read()


def concluded(*statuses: Status, reason: str = "because", complete: bool = True) -> tuple[str, int]:
    ids = list(LINES)[: len(statuses)]
    scenarios = [
        Scenario(id, [id], status, "" if status == PASSED else reason) for id, status in zip(ids, statuses, strict=True)
    ]
    items = verdict.judge_lines(LINES, scenarios, set(ids))
    return verdict.conclude(items, set(ids), complete=complete)


@pytest.mark.parametrize(
    ("statuses", "wanted"),
    [
        ([PASSED, PASSED], ("GO", 0)),
        ([PASSED, FAILED], ("NO-GO", 1)),
        ([BROKEN, FAILED, NOT_CHECKED], ("NO-GO", 1)),
        ([PASSED, BROKEN], ("UNKNOWN", 6)),
        ([PASSED, NOT_CHECKED], ("UNKNOWN", 6)),
        ([], ("UNKNOWN", 6)),
    ],
)
def test_the_worst_line_decides(statuses, wanted):
    assert concluded(*statuses) == wanted


def test_what_the_target_declares_it_cannot_do_has_a_code_of_its_own():
    assert concluded(PASSED, NOT_CHECKED, reason=f"{LIMIT}no IAM") == ("UNKNOWN", 7)
    assert concluded(BROKEN, reason=f"{LIMIT}no IAM") == ("UNKNOWN", 6)


def test_a_part_of_the_session_is_never_a_verdict():
    assert concluded(PASSED, complete=False) == ("UNKNOWN", 6)


def test_every_line_is_there_and_the_unclaimed_say_so():
    items = verdict.judge_lines(LINES, [Scenario("one", ["DAT-01"], PASSED, "")], {"DAT-01", "DAT-02"})
    assert list(items) == list(LINES)
    assert items["DAT-01"].status == PASSED
    assert items["DAT-02"].reason == "its scenario did not run in this session"
    assert items["INF-01"].reason == verdict.UNCLAIMED


def test_a_line_is_as_bad_as_its_worst_scenario():
    scenarios = [Scenario("a", ["DAT-01"], PASSED, ""), Scenario("b", ["DAT-01"], BROKEN, "no database")]
    item = verdict.judge_lines(LINES, scenarios, {"DAT-01"})["DAT-01"]
    assert (item.status, item.reason) == (BROKEN, "no database")
    assert [scenario.status for scenario in item.scenarios] == [PASSED, BROKEN]


def test_a_requirement_beyond_the_checklist_decides_too():
    good = verdicts.verdict(verdicts.passed("ROB-01"))
    assert (good.verdict, good.exit, good.scope) == ("GO", 0, sorted(LINES))
    assert good.beyond is not None
    assert good.beyond["ROB-01"].found == Words("1件のシナリオがすべて合格", "1 scenario passed")
    doubled = Deviation(Diagnosis.RECORDS_DOUBLED, "U00001 was counted twice")
    twice = verdicts.failed("ROB-03", "wanted 1, got 2", doubled)
    bad = verdicts.verdict(verdicts.passed("ROB-01"), twice, verdicts.failed("ROB-04"))
    assert (bad.verdict, bad.exit, bad.scope) == ("NO-GO", 1, sorted(LINES))
    explained = {each.id: each.items for each in bad.diagnoses}
    assert explained == {"records-doubled": ["ROB-03"], "redelivery-processed": ["ROB-04"]}
    assert list(verdict.find_contradictions(good)) == list(verdict.find_contradictions(bad)) == []
    waived = {id: verdicts.waived() for id in ("ROB-03", "ROB-04")}
    assert verdicts.verdict(twice, verdicts.failed("ROB-04"), waivers=waived).verdict == "GO"
    assert (alone := verdicts.verdict(waivers=waived)).beyond is None
    assert alone.notes == []


def test_a_line_that_does_not_apply_says_why_and_counts_for_nothing():
    scenarios = [Scenario("one", ["DAT-01"], PASSED, "")]
    items = verdict.judge_lines(LINES, scenarios, {"DAT-01"}, {"LAM-04": "it has no layers"})
    assert {id for id, item in items.items() if not item.applies} == {"LAM-04"}
    assert (items["LAM-04"].status, items["LAM-04"].reason) == (
        NOT_CHECKED,
        "does not apply to this pipeline: it has no layers",
    )
    assert verdict.conclude(items, {"DAT-01"}, complete=True) == ("GO", 0)


def test_a_scenario_has_passed_only_when_its_steps_are_done_and_its_tear_down_is_over():
    scenario = Scenario("one", ["DAT-01"])
    assert (scenario.status, scenario.reason) == (NOT_CHECKED, "interrupted")
    scenario.begin()
    scenario.is_well = True
    assert (scenario.status, scenario.reason) == (NOT_CHECKED, "interrupted")
    scenario.end()
    assert (scenario.status, scenario.reason) == (PASSED, "")
    scenario.begin()  # once more, by a plug-in that repeats
    assert (scenario.status, scenario.reason) == (NOT_CHECKED, "interrupted")


@pytest.mark.parametrize(
    ("notes", "wanted"),
    [
        ([], (NOT_CHECKED, "its steps have not come to their end")),
        ([(NOT_CHECKED, "no IAM")], (NOT_CHECKED, "no IAM")),
        ([(NOT_CHECKED, "no IAM"), (BROKEN, "no database")], (BROKEN, "no database")),
        ([(FAILED, "99"), (BROKEN, "no database")], (FAILED, "99")),
        ([(BROKEN, "no database"), (BROKEN, "no bucket")], (BROKEN, "no database")),
    ],
)
def test_a_scenario_without_a_good_end_is_as_bad_as_the_worst_of_its_phases(notes, wanted):
    scenario = Scenario("one", ["DAT-01"])
    scenario.begin()
    for note in notes:
        scenario.note(*note)
    scenario.end()
    assert (scenario.status, scenario.reason) == wanted
