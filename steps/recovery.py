"""How a state machine recovers: what its steps are tried again after, and what becomes of their errors. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from steps.deviation import Deviation

PLATFORM = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
}
"""What AWS wants to be tried again.

https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
"""
_EVERYTHING = {"States.ALL", "States.TaskFailed"}


def recovery(machine: Mapping[str, Any]) -> list[Deviation]:
    """Where a state machine does not try again what it has to, tries again what it must not, or loses an error."""
    return [Deviation("recovery-wrong", text) for text in _faults(machine, caught=False)]


def _faults(machine: Mapping[str, Any], *, caught: bool) -> Iterator[str]:
    """`caught`: whether an error of any of these states is caught around them."""
    for name, state in machine["States"].items():
        catches = caught or any("States.ALL" in each["ErrorEquals"] for each in state.get("Catch", ()))
        if state["Type"] == "Task":
            retried = {error for each in state.get("Retry", ()) for error in each["ErrorEquals"]}
            if missing := PLATFORM - retried:
                yield f"{name} is not tried again after {', '.join(sorted(missing))}"
            if surplus := _EVERYTHING & retried:
                yield f"{name} is tried again after {', '.join(sorted(surplus))}, the pipeline's own errors among them"
            if not catches:
                yield f"{name} has nothing to catch its errors"
        if "ItemProcessor" in state:
            yield from _faults(state["ItemProcessor"], caught=catches)
