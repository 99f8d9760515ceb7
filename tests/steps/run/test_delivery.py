"""A delivery is waited for explicitly, and each wait is made once, whatever its outcome."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from steps.drivers.waiting import NotSeen
from steps.run.delivery import Delivery, Start

RUN: Any = SimpleNamespace(arn="arn:first", tasks=[], duplicate_of=None)


class Workflow:
    """Executions that end after one wait, or never; counts the waits."""

    def __init__(self, ends: bool) -> None:
        self.ends, self.waits = ends, 0

    def ended(self, arn: str, **_: object) -> Any:
        self.waits += 1
        if not self.ends:
            raise NotSeen(f"waited 900 s for {arn}, time {self.waits}")
        return RUN


def delivery(workflow: Workflow, arn: str | None = "arn:first") -> Delivery:
    drivers: Any = SimpleNamespace(
        workflow=workflow,
        logs=None,
        environment=SimpleNamespace(patience=SimpleNamespace(end=900), is_emulator=False),
        connections=SimpleNamespace(watched=nullcontext),
    )
    upload: Any = SimpleNamespace(at=0)
    file: Any = None
    return Delivery(file, upload, {}, drivers, lambda: Start(arn, "event" if arn else "none"))


def test_an_execution_is_followed_to_its_end_once() -> None:
    workflow = Workflow(ends=True)
    ours = delivery(workflow)
    for _ in range(2):
        ours.wait_until_ended()
    assert (ours.start.arn, ours.run, workflow.waits) == ("arn:first", RUN, 1)


def test_a_wait_that_timed_out_is_not_repeated() -> None:
    ours = delivery(workflow := Workflow(ends=False))
    for _ in range(2):
        with pytest.raises(NotSeen, match="time 1"):
            ours.wait_until_ended()
    with pytest.raises(NotSeen, match="time 1"):
        _ = ours.run
    assert workflow.waits == 1


def test_without_an_execution_each_wait_for_its_end_skips() -> None:
    ours = delivery(workflow := Workflow(ends=True), arn=None)
    for _ in range(2):
        with pytest.raises(pytest.skip.Exception, match="started no execution"):
            ours.wait_until_ended()
    assert workflow.waits == 0


def test_nothing_is_waited_for_by_reading_an_attribute() -> None:
    ours = delivery(workflow := Workflow(ends=True))
    for name in ("start", "run", "lines"):
        with pytest.raises(LookupError, match="before it was waited for"):
            getattr(ours, name)
    assert workflow.waits == 0


def test_each_execution_of_an_upload_is_followed_by_itself() -> None:
    first = delivery(workflow := Workflow(ends=True))
    second = first.with_execution(Start("arn:second", "manual"))
    first.wait_until_ended()
    second.wait_until_ended()
    assert (second.start.arn, workflow.waits) == ("arn:second", 2)
