"""The history of an execution, read without knowing its states' names."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from steps.drivers.history import Retry, peak, retries

spans = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)).map(lambda s: (s[0], s[0] + s[1])), max_size=12)


@given(spans)
def test_the_peak_is_the_most_spans_that_share_a_moment(spans):
    shared = (sum(start <= moment < end for start, end in spans) for moment in range(80))
    assert peak(spans) == max(shared)


def test_spans_that_only_touch_do_not_overlap():
    assert peak([(0, 5), (5, 9)]) == 1


def test_a_span_without_an_end_is_open_for_ever():
    assert peak([(0, None), (100, 101), (200, 201)]) == 2


def test_nothing_ran():
    assert peak([]) == 0


Event = dict[str, Any]
ENTERED: Event = {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Merge"}}
SCHEDULED, STARTED, SUCCEEDED = ({"type": f"Task{what}"} for what in ("Scheduled", "Started", "Succeeded"))


def failed(error: str) -> Event:
    return {"type": "TaskFailed", "taskFailedEventDetails": {"error": error}}


def history(*events: Event) -> list[Event]:
    """Events that follow each other."""
    return [{"id": n, "previousEventId": n - 1, **event} for n, event in enumerate(events, 1)]


def test_each_scheduling_after_the_first_is_a_retry_of_what_came_before_it():
    tries = [SCHEDULED, STARTED, failed("A"), SCHEDULED, STARTED, failed("B"), SCHEDULED, STARTED, SUCCEEDED]
    assert retries(history(ENTERED, *tries)) == [Retry("Merge", "A"), Retry("Merge", "B")]


def test_a_failure_that_is_caught_and_a_state_entered_twice_are_no_retries():
    caught = [ENTERED, SCHEDULED, STARTED, failed("A"), ENTERED, SCHEDULED, STARTED, SUCCEEDED]
    assert retries(history(*caught)) == []
