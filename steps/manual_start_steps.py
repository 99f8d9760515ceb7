"""Steps about the manual start, which is a command for people too."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from shlex import quote
from typing import Any

from pytest_bdd import then, when

from steps.command import Commands
from steps.deliveries import Delivery, Start
from steps.deviation import Deviation
from steps.diagnosis.of_run import of_failure
from steps.drivers.s3_event import object_created
from steps.drivers.trigger import Trigger
from steps.drivers.workflow import Run, Workflow
from steps.finding import Finding
from steps.targets.environment import CommandFailed, Environment
from steps.trigger_steps import any_upload
from steps.triggering import handed_on, only_handed_on

BROKEN = "manual-start-broken"


@when("a manual start is rehearsed", target_fixture="rehearsal")
def rehearsed(commands: Commands) -> str:
    return _said(commands, "start --rehearse")  # the file has not been delivered yet


def _said(commands: Commands, command: str) -> str:
    try:
        return commands.said(command)
    except CommandFailed as refused:
        raise AssertionError(str(refused)) from refused


@then("it names the state machine that it would start")
def names_state_machine(rehearsal: str, environment: Environment, finding: Finding) -> None:
    due = environment.names.state_machine_arn
    finding.holds(due in rehearsal, wanted=f"{due} ready", got=rehearsal.strip())


@then("it hands on all that the state machine reads of what the rule hands on")
def hands_on(environment: Environment, workflow: Workflow, trigger: Trigger, finding: Finding) -> None:
    names, machine, rule = environment.names, workflow.found(), trigger.found()
    upload = any_upload(names)
    event = object_created(upload, account=names.account, region=names.region)
    inputs = handed_on(rule, names.state_machine_arn, event) if rule else []
    if not (machine and inputs):
        finding.not_checked("no rule hands anything on to the state machine, which EVB-02 and EVB-03 tell")
    by_hand = workflow.input_for(upload)
    lacking = [path for given in inputs for path in only_handed_on(given, by_hand, machine.definition)]
    finding.none(
        [Deviation(BROKEN, f"the state machine reads {path}, which the rule alone hands on") for path in lacking],
        wanted="nothing that the rule alone hands on",
        got="nothing",
    )
    planted = {"States": [machine.definition, {"Parameters": {"planted.$": "$.planted"}}]}
    finding.control("a field that is read and not given", bool(only_handed_on({"planted": 1}, by_hand, planted)))


@when("it is started by hand", target_fixture="delivery")
def started_by_hand(delivery: Delivery, commands: Commands) -> Delivery:
    upload = delivery.upload
    said = _said(commands, f"start --version-id={quote(upload.version_id)} {quote(upload.key)}")
    (arn,) = [line for line in said.splitlines() if line.startswith("arn:")]
    return delivery.again(Start(arn, "manual"))


@then("it takes the same way to the same result as the automatic one")
def same_result(delivery: Delivery, acceptance: Delivery, finding: Finding) -> None:
    run = delivery.run
    if run.status != acceptance.run.status:
        found = of_failure(run.status, run.error, run.cause)
        finding.deviations += [
            # There was no event, and the one of the automatic start was as it has to be.
            each._replace(diagnosis=BROKEN) if each.diagnosis == "event-contract-broken" else each
            for each in found
        ]
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
