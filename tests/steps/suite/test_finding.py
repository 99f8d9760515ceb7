"""How steps judge: what they found is kept, whether or not it is what they wanted."""

from __future__ import annotations

import pytest

from steps.diagnoses.ids import Diagnosis
from steps.suite.deviation import Deviation
from steps.suite.finding import ControlFailed, Finding

CLOSED = Deviation(Diagnosis.SECURITY_GROUP_CLOSED, "sg-1 lets nobody in")
MISSING = Deviation(Diagnosis.ROUTE_MISSING, "subnet-1 has no route")


def test_where_nothing_deviates_the_claim_holds():
    finding = Finding()
    finding.none([], wanted="two routes", got="two")
    assert (finding.findings, finding.deviations) == ([("two routes", "two")], [])


def test_every_deviation_is_told_and_kept_for_the_diagnosis():
    finding = Finding()
    with pytest.raises(AssertionError) as failed:
        finding.none([CLOSED, MISSING], wanted="two routes", got="two")
    assert str(failed.value).splitlines() == [
        "wanted two routes, got 2 deviations",
        "sg-1 lets nobody in",
        "subnet-1 has no route",
    ]
    assert (finding.findings, finding.deviations) == ([("two routes", "2 deviations")], [CLOSED, MISSING])


def test_a_suspicion_judges_nothing_and_stays_beside_what_is_found_after_it():
    finding = Finding()
    finding.suspect(*CLOSED)
    finding.equal(5, 5, "chunks")
    assert (finding.findings, finding.deviations) == ([("5 chunks", "5")], [CLOSED])
    with pytest.raises(AssertionError):
        finding.none([MISSING], wanted="two routes", got="two")
    assert finding.deviations == [CLOSED, MISSING]


def test_a_claim_that_does_not_hold_says_what_was_wanted_what_was_got_and_where_to_look():
    finding = Finding()
    with pytest.raises(AssertionError) as failed:
        finding.holds(False, wanted="a row", got="none", evidence="sql/statistics.sql")
    assert str(failed.value) == "wanted a row, got none\nsql/statistics.sql"
    assert finding.findings == [("a row", "none")]


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
