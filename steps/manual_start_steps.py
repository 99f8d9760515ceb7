"""Steps about the manual start, which is a command for people too."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from shlex import quote
from typing import Any

from pytest_bdd import then, when

from steps.command import Commands
from steps.deliveries import Delivery, Start
from steps.diagnosis.of_run import of_failure
from steps.drivers.workflow import Run
from steps.finding import Finding
from steps.targets.environment import CommandFailed, Environment


@when("a manual start is rehearsed", target_fixture="rehearsal")
def rehearsed(commands: Commands) -> str:
    return commands.said_or_refused("start --rehearse incoming/any.csv")


@then("it names the state machine that it would start")
def names_state_machine(rehearsal: str, environment: Environment, finding: Finding) -> None:
    due = environment.names.state_machine_arn
    finding.holds(due in rehearsal, wanted=f"{due} ready", got=rehearsal.strip())


@when("it is started by hand", target_fixture="delivery")
def started_by_hand(delivery: Delivery, commands: Commands) -> Delivery:
    upload = delivery.upload
    try:
        arn = commands.said(f"start --version-id={quote(upload.version_id)} {quote(upload.key)}").splitlines()[0]
    except CommandFailed as refused:
        raise AssertionError(str(refused)) from refused
    return delivery.again(Start(arn, "manual"))


@then("it takes the same way to the same result as the automatic one")
def same_result(delivery: Delivery, acceptance: Delivery, finding: Finding) -> None:
    run = delivery.run
    if run.status != acceptance.run.status:
        finding.deviations += of_failure(run.status, run.error, run.cause)
    got, due = _came_to(run), _came_to(acceptance.run)
    evidence = "\n".join([str(run), *map(str, sorted((got.states - due.states) + (due.states - got.states)))])
    finding.holds(got == due, wanted=str(due), got="the same" if got == due else str(got), evidence=evidence)


@dataclass(frozen=True)
class Result:
    """What an execution came to: its status, how often it entered each state, its totals."""

    status: str
    states: Counter[str]
    totals: dict[str, Any]

    def __str__(self) -> str:
        totals = ", ".join(f"{name} {value}" for name, value in self.totals.items())
        return f"{self.status}, {self.states.total()} states entered{totals and f', {totals}'}"


def _came_to(run: Run) -> Result:
    entered = (
        event["stateEnteredEventDetails"]["name"] for event in run.history if "stateEnteredEventDetails" in event
    )
    totals = {name: value for name, value in run.output.items() if name.startswith("records_")}
    return Result(run.status, Counter(entered), totals)
