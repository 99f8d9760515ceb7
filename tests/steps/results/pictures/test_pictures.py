"""The pictures of an execution show its chunks and states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from steps.drivers.execution_history import Task
from steps.results.pictures.states import states
from steps.results.pictures.svg import BAD, GOOD, UNUSUAL
from steps.results.pictures.timeline import timeline
from tests.steps.results.test_happy_path import MACHINE

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def texts(picture: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def boxes(picture: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(picture).iter(f"{SVG}rect"))[1:]


def entered(*names: str, left: bool = True) -> list[dict]:
    """The history of states that were entered one after the other, and left."""
    events = []
    for name in names:
        events.append({"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": name}, "timestamp": BEGAN})
        if left:
            events.append({"type": "TaskStateExited", "stateExitedEventDetails": {"name": name}, "timestamp": at(1)})
    return events


def history(*parts: list[dict]) -> list[dict]:
    events = [event for part in parts for event in part]
    return [{**event, "id": n, "previousEventId": n - 1} for n, event in enumerate(events, 1)]


def colours(picture: str) -> dict[str, str]:
    """The colour of each state's frame, by its name."""
    frames = [box.get("stroke", "") for box in boxes(picture) if box.get("stroke") != "none"]
    names = [text for text in texts(picture)[1:] if text in [*MACHINE["States"], "One"]]
    return dict(zip(names, frames, strict=True))


def test_every_state_of_the_happy_path_is_shown_and_what_was_not_reached_is_dashed():
    picture = states(MACHINE, history(entered("Look", "Choose")), "FAILED <early>")
    assert texts(picture)[0] == "FAILED <early>"
    assert list(colours(picture)) == ["Look", "Choose", "Each", "One", "Finish"]
    assert colours(picture)["Look"] == GOOD
    assert sum(box.get("stroke-dasharray") is not None for box in boxes(picture)) == 3
    assert texts(picture).count("not reached") == 3


def test_a_state_that_was_never_left_has_failed_and_one_beside_the_happy_path_is_shown():
    picture = states(MACHINE, history(entered("Look"), entered("Give up", left=False)), "FAILED")
    assert colours(picture)["Give up"] == BAD


def test_a_state_that_went_well_at_last_is_neither_green_nor_red():
    tried: list[dict] = [
        {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Look"}},
        *({"type": f"Task{what}"} for what in ("Scheduled", "Started")),
        {"type": "TaskFailed", "taskFailedEventDetails": {"error": "Lambda.Unknown"}},
        *({"type": f"Task{what}"} for what in ("Scheduled", "Started", "Succeeded")),
        {"type": "TaskStateExited", "stateExitedEventDetails": {"name": "Look"}},
    ]
    picture = states(MACHINE, history([{**event, "timestamp": BEGAN} for event in tried]), "RUNNING")
    assert colours(picture)["Look"] == UNUSUAL
    assert "0.00 s, 1 more tries, Lambda.Unknown" in texts(picture)


def chunk(start: float, end: float | None, error: str | None = None) -> Task:
    outcome = "unfinished" if end is None else "TaskFailed" if error else "TaskSucceeded"
    return Task("Process", True, at(start), None if end is None else at(end), outcome, error, None)


def test_a_bar_for_each_try_where_it_ran_and_in_the_colour_of_how_it_ended():
    tasks = [chunk(0, 5), chunk(0, 2.5, "Sandbox.Timedout"), chunk(5, None)]
    picture = timeline(tasks, at(0), at(10), most=5)
    bars = boxes(picture)
    assert [bar.get("fill") for bar in bars] == [GOOD, BAD, UNUSUAL]
    widths = [float(bar.get("width", 0)) for bar in bars]
    assert widths[0] == widths[2] == 2 * widths[1]
    assert "3 tries of chunks, at most 2 at once; the execution took 10.00 s" in texts(picture)
    assert "Sandbox.Timedout" in texts(picture)
    assert "limit: 5" in texts(picture)


def test_many_chunks_and_none_are_shown_too():
    many = timeline([chunk(n, n + 5) for n in range(200)], at(0), at(205), most=5)
    assert len(boxes(many)) == 200
    assert float(ElementTree.fromstring(many).get("height", 0)) < 2000
    assert "0 tries of chunks, at most 0 at once; the execution took 1.00 s" in texts(
        timeline([], at(0), at(1), most=5)
    )
