"""How steps judge: what they found is kept, in both languages, whether or not it is what they wanted."""

from __future__ import annotations

from typing import Any

import pytest

from steps.diagnoses.ids import Diagnosis
from steps.suite.deviation import Deviation
from steps.suite.finding import ControlFailed, Finding
from steps.verdict.words import Words

CLOSED = Deviation(Diagnosis.SECURITY_GROUP_CLOSED, "sg-1 lets nobody in")
MISSING = Deviation(Diagnosis.ROUTE_MISSING, "subnet-1 has no route")


def told(finding: Finding) -> list[str]:
    return [each.sentence.en for each in finding.findings]


def test_a_claim_without_deviations_holds():
    finding = Finding()
    finding.none([], "job-counts-agree")
    assert (told(finding), finding.deviations) == (["the batch job counts the same"], [])


def test_every_deviation_is_told_and_kept_for_the_diagnosis():
    finding = Finding()
    with pytest.raises(AssertionError) as failed:
        finding.none([CLOSED, MISSING], "job-counts-agree")
    assert str(failed.value).splitlines() == [
        "wanted the batch job counts the same, got sg-1 lets nobody in and subnet-1 has no route",
        "sg-1 lets nobody in",
        "subnet-1 has no route",
    ]
    assert told(finding) == ["sg-1 lets nobody in and subnet-1 has no route; wanted: the batch job counts the same"]
    assert finding.deviations == [CLOSED, MISSING]


def test_a_suspicion_judges_nothing_and_stays_beside_what_is_found_after_it():
    finding = Finding()
    finding.suspect(*CLOSED)
    finding.equal(5, 5, "updated-within-the-hour")
    assert (told(finding), finding.deviations) == (["all 5 test users updated within the hour"], [CLOSED])
    with pytest.raises(AssertionError):
        finding.none([MISSING], "job-counts-agree")
    assert finding.deviations == [CLOSED, MISSING]


def test_a_no_says_the_wrong_value_then_what_was_wanted_then_where_in_both_languages():
    finding = Finding()
    with pytest.raises(AssertionError) as failed:
        finding.holds(False, "statistics-unchanged", changed=1, where="U00042", evidence="sql/statistics.sql")
    wanted = "wanted no statistics changed, got 1 row of the statistics changed"
    assert str(failed.value) == f"{wanted}\nsql/statistics.sql"
    assert finding.findings[0].sentence == Words(
        "統計の1行が変更（期待：統計は変更なし）：U00042",
        "1 row of the statistics changed; wanted: no statistics changed; U00042",
    )


@pytest.mark.parametrize(("message", "values"), [("no-such-message", {}), ("statistics-equal", {"users": 1})])
def test_an_unknown_message_and_a_missing_value_are_errors_of_the_check(message: str, values: dict[str, Any]):
    with pytest.raises(KeyError):
        Finding().holds(False, message, **values)


def test_what_cannot_be_checked_is_skipped_with_its_reason():
    with pytest.raises(pytest.skip.Exception, match="no logs here"):
        Finding().not_checked("no logs here")


def test_a_check_that_does_not_find_what_was_planted_is_broken_and_not_failed():
    finding = Finding()
    finding.control("a line with ERROR", True)
    with pytest.raises(ControlFailed, match=r"what was planted for it \(a second row\)"):
        finding.control("a second row", False)
    assert finding.controls == [("a line with ERROR", True), ("a second row", False)]
    assert not issubclass(ControlFailed, AssertionError)
