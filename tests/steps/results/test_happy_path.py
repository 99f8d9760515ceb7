"""The way an execution took, against its definition."""

from __future__ import annotations

import pytest

from steps.results.happy_path import deviations, happy_path

MACHINE = {
    "StartAt": "Look",
    "States": {
        "Look": {"Type": "Task", "Next": "Choose", "Catch": [{"Next": "Give up"}]},
        "Choose": {"Type": "Choice", "Choices": [{"Next": "Leave"}], "Default": "Each"},
        "Each": {
            "Type": "Map",
            "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Task", "End": True}}},
            "Next": "Finish",
        },
        "Finish": {"Type": "Task", "End": True},
        "Leave": {"Type": "Succeed"},
        "Give up": {"Type": "Fail"},
    },
}


def entered(*names: str) -> list[dict]:
    return [{"stateEnteredEventDetails": {"name": name}} for name in names]


def left(*names: str) -> list[dict]:
    return [{"id": number, "stateExitedEventDetails": {"name": name}} for number, name in enumerate(names, 1)]


ALL = ("Look", "Choose", "Each", "One", "One", "Finish")


def test_the_happy_path_goes_by_next_and_default_and_into_a_map():
    assert happy_path(MACHINE) == ["Look", "Choose", "Each", "One", "Finish"]


def test_a_green_history_does_not_deviate():
    assert deviations(MACHINE, entered(*ALL) + left(*ALL)) == []


@pytest.mark.parametrize(
    ("history", "says"),
    [
        (entered("Look", "Give up") + left("Look"), "Give up was entered, which is not on the happy path"),
        (entered(*ALL) + left(*ALL[:-1]), "Finish was entered 1 times and left 0"),
        (entered(*ALL) + left("Look", "Choose", "Each", "One", "Finish"), "One was entered 2 times and left 1"),
        (entered(*ALL[:-1]) + left(*ALL[:-1]), "Finish was not entered"),
        ([], "Look was not entered"),
    ],
)
def test_what_is_not_green_is_named(history: list[dict], says: str):
    assert says in deviations(MACHINE, history)


def test_the_state_after_which_the_execution_left_the_happy_path_is_named_first():
    history = [*left("Look", "Choose"), *(each | {"previousEventId": 2} for each in entered("Leave"))]
    assert deviations(MACHINE, history)[0] == "Choose was followed by Leave, not by Each"
