"""Statements of a summary are judged; what it leaves out is not."""

from __future__ import annotations

from steps.results.lock_and_results import find_false_statements


def test_a_summary_has_to_be_true_and_may_tell_less_or_more():
    due = {"key": "incoming/any.csv", "records_total": 100}
    assert find_false_statements({"records_total": 100, "parts": 3}, due) == []
    (text,) = [each.text for each in find_false_statements({"records_total": 99}, due)]
    assert text == "summary.json has records_total = 99, not 100"
