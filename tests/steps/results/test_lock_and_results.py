"""A job's lock, the time of its counts, and the number of statements that wrote them are checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from steps.drivers.locks import Lock
from steps.results.lock_and_results import compare_lock, find_repeated_statements, find_separate_writes, find_untrue

DUE = Lock("arn:ours", "done", 1_800_000_900)
AT = datetime(2026, 8, 7, 12, tzinfo=UTC)


def test_the_lock_of_a_job_that_is_done():
    assert compare_lock(DUE, DUE) == []
    assert compare_lock(replace(DUE, state="held"), DUE)[0].diagnosis == "lock-left"
    for wrong in (None, replace(DUE, owner="arn:another"), replace(DUE, expires_at=DUE.expires_at * 1000)):
        assert compare_lock(wrong, DUE)[0].diagnosis == "lock-wrong"


def test_counts_that_were_not_written_with_a_chunk():
    def pointed(*moments: timedelta, plan: tuple[datetime | None, ...] = (AT,)) -> list[str]:
        return [
            each.diagnosis
            for each in find_separate_writes({f"U{n}": AT + later for n, later in enumerate(moments)}, plan)
        ]

    none, moment, hours = timedelta(), timedelta(microseconds=1), timedelta(hours=9)
    assert pointed(none, none) == []
    assert pointed(none, moment) == ["not-atomic"]
    assert pointed(hours, none) == ["updated-at-wrong"]
    assert pointed(none, moment, plan=(None, None)) == []
    assert pointed(none, moment, hours, plan=(None, None)) == ["not-atomic"]


def test_statements_of_one_transaction():
    def rows(*written: tuple[str, str]) -> list[dict]:
        return [{"user_id": "any", "transaction": id, "statement": n} for id, n in written]

    assert find_repeated_statements(rows(("700", "2"), ("700", "2"), ("701", "2"), ("702", "5"))) == []
    assert find_repeated_statements(rows(("700", "2"), ("700", "3"), ("700", "4"))) == ["transaction 700: 3 statements"]


def test_what_a_summary_tells_has_to_be_true_and_it_may_tell_less_or_more():
    due = {"key": "incoming/any.csv", "records_total": 100}
    assert find_untrue({"records_total": 100, "parts": 3}, due) == []
    (text,) = [each.text for each in find_untrue({"records_total": 99}, due)]
    assert text == "summary.json has records_total = 99, not 100"
