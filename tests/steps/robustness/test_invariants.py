"""Each thing that must hold after a fault is missed where it does not, and nothing is missed where all of it does."""

from dataclasses import replace
from typing import Any

import pytest

from steps.drivers.activity_file import Counts, Record
from steps.results.reconciliation import Chunk, Job, Rejection, Stores
from steps.robustness import invariants
from steps.robustness.invariants import Evidence, Outcome

UNKNOWN = Rejection(13, "U00012", "UserNotFoundError")
BEFORE = {"U00001": Counts(5, 5), "U99999": Counts(7, 7)}
AFTER = BEFORE | {f"U{n:05d}": Counts(n, 2 * n) for n in range(2, 12)} | {"U00001": Counts(6, 7)}
STORES = Stores(
    records=[Record(n + 1, f"U{n:05d}", n, 2 * n) for n in range(1, 13)],
    before=BEFORE,
    after=AFTER,
    plan=[(1, 10), (2, 2)],
    rejected=[UNKNOWN],
    audited=[Chunk(1, 10, 0), Chunk(2, 1, 1)],
    jobs=[],
)
FILE = Outcome(
    name="users.csv",
    execution="arn:second",
    status="SUCCEEDED",
    stores=STORES,
    kept=[UNKNOWN],
    lock=("arn:second", "done"),
    jobs={"arn:first": [Job("FAILED", 10, 0)], "arn:second": [Job("COMPLETED", 11, 1)]},
)


def changed(**changes: Any) -> Evidence:
    """Return evidence of one file, with these changes of its outcome or its stores."""
    of_stores = {name: value for name, value in changes.items() if hasattr(STORES, name) and name != "jobs"}
    of_outcome = {name: value for name, value in changes.items() if name not in of_stores}
    return Evidence([replace(FILE, **of_outcome, stores=replace(STORES, **of_stores))], sessions=[])


def check_invariants(evidence: Evidence) -> list[str]:
    return [each.text for each in invariants.check_invariants(evidence)]


def test_nothing_is_wrong_where_all_is_well():
    assert check_invariants(changed()) == []


def test_files_of_the_same_users_add_up():
    other = replace(FILE, name="other.csv", execution="arn:third", lock=("arn:third", "done"))
    other = replace(other, jobs={"arn:third": [Job("COMPLETED", 11, 1)]})
    sums = {f"U{n:05d}": Counts(2 * n, 4 * n) for n in range(2, 12)} | {"U00001": Counts(7, 9)}
    both = replace(other, stores=replace(STORES, after=BEFORE | sums))
    assert check_invariants(Evidence([FILE, both], sessions=[])) == []
    assert len(check_invariants(Evidence([FILE, other], sessions=[]))) == 11


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status": "FAILED"}, "the execution is FAILED"),
        ({"plan": [(1, 10)]}, "the plan holds 10 records, and the file 12"),
        ({"audited": [Chunk(1, 10, 0)]}, "accounts for chunk 2 of 2 records by nothing"),
        ({"audited": [*STORES.audited, Chunk(2, 1, 1)]}, "accounts for chunk 2 of 2 records by [2, 2]"),
        ({"audited": [Chunk(1, 9, 0), Chunk(2, 1, 1)]}, "10 records are applied and 1 rejected"),
        ({"kept": []}, "1 records are rejected by the database, 1 by the audit trail, and 0 kept in S3"),
        ({"kept": [UNKNOWN, UNKNOWN]}, "and 2 kept in S3"),
        ({"kept": [UNKNOWN._replace(reason="ValidationError")]}, "and 1 kept in S3"),
        ({"audited": [Chunk(1, 10, 0), Chunk(2, 2, 0)]}, "0 by the audit trail, and 1 kept in S3"),
        ({"lock": ("arn:second", "held")}, "the lock is ('arn:second', 'held')"),
        ({"lock": ("arn:first", "done")}, "the lock is ('arn:first', 'done')"),
        ({"lock": None}, "the lock is None"),
        ({"jobs": {"arn:second": []}}, "the batch job is []"),
        ({"jobs": {"arn:second": [Job("RUNNING", 11, 1)]}}, "the batch job is [('RUNNING', 11, 1)]"),
        ({"jobs": {"arn:second": [Job("COMPLETED", 12, 0)]}}, "the batch job is [('COMPLETED', 12, 0)]"),
        ({"jobs": {"arn:first": [Job("RUNNING", 0, 0)], **FILE.jobs}}, None),
        ({"jobs": {**FILE.jobs, "arn:first": [Job("RUNNING", 0, 0)]}}, "the batch job of arn:first, which has ended"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(changes: dict[str, Any], told: str | None):
    found = check_invariants(changed(**changes))
    assert any(told in each for each in found) if told else found == []
    assert all(each.startswith("users.csv: ") for each in found)


@pytest.mark.parametrize("user", ["U00001", "U00005", "U99999"])
def test_statistics_that_are_not_the_sums_are_told(user: str):
    wrong = AFTER[user] + Counts(0, 1)
    assert check_invariants(changed(after={**AFTER, user: wrong})) == [
        f"the statistics of {user} are {wrong}, and not {AFTER[user]}"
    ]


def test_statistics_that_are_missing_or_were_never_asked_for_are_told():
    gone = {user: counts for user, counts in AFTER.items() if user != "U00003"}
    assert check_invariants(changed(after=gone)) == ["the statistics of U00003 are None, and not (3, 6)"]
    assert check_invariants(changed(after={**AFTER, "U00012": Counts(12, 24)})) == [
        "the statistics of U00012 are (12, 24), and not None"
    ]


def test_a_session_left_open_is_told():
    assert check_invariants(replace(changed(), sessions=["processor abc"])) == ["a session is left open: processor abc"]


@pytest.mark.parametrize(
    ("changes", "diagnosis"),
    [
        ({"plan": [(1, 10)]}, "chunk-lost"),
        ({"audited": [Chunk(1, 10, 0)]}, "audit-incomplete"),
        ({"kept": []}, "results-missing"),
        ({"lock": ("arn:second", "held")}, "lock-left"),
        ({"lock": ("arn:first", "done")}, "lock-wrong"),
        ({"jobs": {"arn:second": [Job("RUNNING", 11, 1)]}}, "job-left-running"),
        ({"jobs": {"arn:second": [Job("COMPLETED", 12, 0)]}}, "job-wrong"),
        ({"after": {**AFTER, "U00005": Counts(10, 20)}}, "records-doubled"),
        ({"after": {**AFTER, "U00005": Counts(0, 0)}}, "records-lost"),
        ({"after": {**AFTER, "U99999": Counts(8, 7)}}, "others-altered"),
    ],
)
def test_each_deviation_has_the_diagnosis_of_its_kind(changes: dict[str, Any], diagnosis: str):
    assert [each.diagnosis for each in invariants.check_invariants(changed(**changes))][:1] == [diagnosis]
