"""The embedded AWS answers the recorded cases as AWS does, but for those that are known to differ."""

import pytest

from local_aws import LocalAws
from local_aws.parity.account import Account
from local_aws.parity.cases import AREAS, Case, cases_of
from local_aws.parity.command import differences
from local_aws.parity.page import page
from local_aws.parity.run import Known, Result, known_faults, run

QUICK = (
    "patterns",
    "patterns_refused",
    "patterns_ruler",
    "put_events",
    "targets",
    "delivery",
    "iam",
    "definitions",
    "tasks",
    "log_filters",
)
"""Areas that take a few seconds together; the nightly run asks all."""


def result(identifier: str, *, right: bool) -> Result:
    return Result(Case("iam", identifier, "https://source", {}), "allowed", "allowed" if right else "implicitDeny")


@pytest.mark.parametrize("area", QUICK)
def test_no_case_turned_wrong(aws: LocalAws, area: str) -> None:
    known = [name for each in known_faults() for name in each.cases]
    assert differences(list(run([area], Account(aws))), known) == []


def test_every_known_fault_names_cases_of_the_corpus() -> None:
    names = [case.name for area in AREAS for case in cases_of(area)]
    assert len(set(names)) == len(names) > 400
    assert sorted({name for each in known_faults() for name in each.cases} - set(names)) == []


def test_a_case_that_turned_wrong_or_right_is_told() -> None:
    told = differences(
        [result("a", right=False), result("b", right=True), result("c", right=False)], ["iam/a", "iam/b"]
    )
    assert [line for line in told if not line.startswith(" ")] == [
        "RIGHT  iam/b: take it out of known.toml",
        "WRONG  iam/c (https://source)",
    ]


def test_the_page_counts_and_names_what_differs() -> None:
    known = [Known("No variables", "ours", "a false GO", ("iam/a", "iam/b"))]
    text = page([result("a", right=False), result("b", right=True)], known, {"iam": "0 of 2"})
    assert "| IAM policies | 1 of 2 | 0 of 2 |" in text
    assert "| No variables | ours | a false GO | 1: iam/a |" in text
