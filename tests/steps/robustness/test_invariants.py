"""Each thing that must hold after a fault is missed where it does not, and nothing is missed where all of it does."""

from dataclasses import replace
from typing import Any

import pytest

from steps.drivers.activity_file import Record
from steps.results.reconciliation import Chunk
from steps.robustness.invariants import Aftermath, Processed, left_wrong

UNKNOWN = (13, "U00012", "UserNotFoundError")
FILE = Processed(
    name="users.csv",
    records=[Record(n + 1, f"U{n:05d}", n, 2 * n) for n in range(1, 13)],
    execution="arn:second",
    status="SUCCEEDED",
    plan=[(1, 10), (2, 2)],
    audited=[Chunk(1, 10, 0), Chunk(2, 1, 1)],
    rejected=[UNKNOWN],
    kept=[UNKNOWN],
    lock=("arn:second", "done"),
    jobs={"arn:first": [("FAILED", 10, 0)], "arn:second": [("COMPLETED", 11, 1)]},
)
BEFORE = {"U00001": (5, 5), "U99999": (7, 7)}
AFTER = BEFORE | {f"U{n:05d}": (n, 2 * n) for n in range(2, 12)} | {"U00001": (6, 7)}
WELL = Aftermath([FILE], BEFORE, AFTER, sessions=[])


def test_nothing_is_wrong_where_all_is_well():
    assert left_wrong(WELL) == []


def test_files_of_the_same_users_add_up():
    other = replace(FILE, name="other.csv", execution="arn:third", lock=("arn:third", "done"), jobs={})
    other = replace(other, jobs={"arn:third": [("COMPLETED", 11, 1)]})
    sums = {f"U{n:05d}": (2 * n, 4 * n) for n in range(2, 12)} | {"U00001": (7, 9)}
    assert left_wrong(Aftermath([FILE, other], BEFORE, BEFORE | sums, sessions=[])) == []
    assert len(left_wrong(Aftermath([FILE, other], BEFORE, AFTER, sessions=[]))) == 11


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status": "FAILED"}, "the execution is FAILED"),
        ({"plan": [(1, 10)]}, "the plan holds 10 records, and the file 12"),
        ({"audited": [Chunk(1, 10, 0)]}, "accounts for chunk 2 of 2 records by nothing"),
        ({"audited": [*FILE.audited, Chunk(2, 1, 1)]}, "accounts for chunk 2 of 2 records by [2, 2]"),
        ({"audited": [Chunk(1, 9, 0), Chunk(2, 1, 1)]}, "10 records are applied and 1 rejected"),
        ({"kept": []}, "1 records are rejected by the database, 1 by the audit trail, and 0 kept in S3"),
        ({"kept": [UNKNOWN, UNKNOWN]}, "and 2 kept in S3"),
        ({"kept": [(13, "U00012", "ValidationError")]}, "and 1 kept in S3"),
        ({"audited": [Chunk(1, 10, 0), Chunk(2, 2, 0)]}, "0 by the audit trail, and 1 kept in S3"),
        ({"lock": ("arn:second", "held")}, "the lock is ('arn:second', 'held')"),
        ({"lock": ("arn:first", "done")}, "the lock is ('arn:first', 'done')"),
        ({"lock": None}, "the lock is None"),
        ({"jobs": {"arn:second": []}}, "the batch job is []"),
        ({"jobs": {"arn:second": [("RUNNING", 11, 1)]}}, "the batch job is [('RUNNING', 11, 1)]"),
        ({"jobs": {"arn:second": [("COMPLETED", 12, 0)]}}, "the batch job is [('COMPLETED', 12, 0)]"),
        ({"jobs": {"arn:first": [("RUNNING", 0, 0)], **FILE.jobs}}, None),
        ({"jobs": {**FILE.jobs, "arn:first": [("RUNNING", 0, 0)]}}, "the batch job of arn:first, which has ended"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(changes: dict[str, Any], told: str | None):
    found = left_wrong(replace(WELL, files=[replace(FILE, **changes)]))
    assert any(told in each for each in found) if told else found == []
    assert all(each.startswith("users.csv: ") for each in found)


@pytest.mark.parametrize("user", ["U00001", "U00005", "U99999"])
def test_statistics_that_are_not_the_sums_are_told(user: str):
    logins, posts = AFTER[user]
    assert left_wrong(replace(WELL, after={**AFTER, user: (logins, posts + 1)})) == [
        f"the statistics of {user} are {(logins, posts + 1)}, and not {(logins, posts)}"
    ]


def test_statistics_that_are_missing_or_were_never_asked_for_are_told():
    gone = {user: counts for user, counts in AFTER.items() if user != "U00003"}
    assert left_wrong(replace(WELL, after=gone)) == ["the statistics of U00003 are None, and not (3, 6)"]
    assert left_wrong(replace(WELL, after={**AFTER, "U00012": (12, 24)})) == [
        "the statistics of U00012 are (12, 24), and not None"
    ]


def test_a_session_left_open_is_told():
    assert left_wrong(replace(WELL, sessions=["processor abc"])) == ["a session is left open: processor abc"]
