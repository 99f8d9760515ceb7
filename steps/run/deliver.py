"""Steps about the upload and the executions started for it."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from shlex import quote
from typing import Any

import pytest
from pytest_bdd import parsers, then, when

from steps.diagnoses.ids import Diagnosis
from steps.diagnoses.of_run import diagnose_run, of_late_start
from steps.drivers.event_rule import Trigger
from steps.drivers.execution_input import object_created
from steps.drivers.step_functions import Run, Workflow
from steps.drivers.waiting import NotSeen
from steps.preconditions.event_rule import any_upload, handed_on, only_handed_on
from steps.run import attachments
from steps.run.custom_file import OwnFile
from steps.run.delivery import Delivery, Drivers, Start
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.suite.progress import Progress
from steps.suite.project_commands import Commands
from steps.targets.environment import CommandFailed, Environment
from steps.verdict.messages import phrase
from steps.verdict.words import Words, enumerate_items


@when("the file is uploaded", target_fixture="delivery")
def file_uploaded(
    own_file: OwnFile, environment: Environment, finding: Finding, request: pytest.FixtureRequest
) -> Delivery:
    """Upload the scenario's own file if it has one; else use the acceptance run, uploaded once per session."""
    delivery: Delivery = own_file.upload() if own_file.has_content else request.getfixturevalue("acceptance")
    finding.attach(*attachments.of_upload(delivery, environment.names))
    return delivery


@when("the file is delivered", target_fixture="delivery")
def file_delivered(
    own_file: OwnFile, environment: Environment, finding: Finding, request: pytest.FixtureRequest
) -> Delivery:
    delivery = file_uploaded(own_file, environment, finding, request)
    delivery.wait_until_started()
    delivery.wait_until_ended()
    return delivery


@then(parsers.parse('the inbox holds it unchanged under "{folder}"'))
def inbox_holds(folder: str, delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    upload, file = delivery.upload, delivery.file
    finding.equal(upload.key, folder + file.name, "upload-key")
    content = drivers.inbox.content(upload)
    if content is None:
        finding.suspect(Diagnosis.UPLOAD_GONE, f"version {upload.version_id} of {upload.key} is not there any more")
    finding.holds(
        content == file.content,
        "upload-unchanged",
        key=upload.key,
        bytes=len(file.content),
        got=content if content is None else phrase("bytes", bytes=len(content)),
    )


@then("the upload starts an execution by itself")
def execution_started(delivery: Delivery, drivers: Drivers, finding: Finding, pytestconfig: pytest.Config) -> None:
    start = delivery.start
    if pytestconfig.option.start == "manually":
        finding.not_checked(start.why)
    if start.by == "manual":
        with suppress(NotSeen):  # the event may come while the execution that was started by hand runs
            delivery.wait_until_ended()
        if late := drivers.workflow.late_start(delivery.upload):
            finding.deviations.append(of_late_start(*late))
    finding.holds(start.by == "event", "started-by-the-upload", where=start.why)


@then("it is the only one for this upload")
def only_one(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    """Executions that scenarios themselves start do not count."""
    upload, run, workflow = delivery.upload, delivery.run, drivers.workflow
    executions = [arn for arn in workflow.executions_of(upload) if arn == run.arn or arn not in workflow.started]
    found = len(executions)
    if found > 1:
        finding.suspect(Diagnosis.STARTED_TWICE, f"{found} executions of {upload.key}")
    finding.holds(_is_only_one(executions), "only-one-execution", found=found)
    finding.control("the same twice in a copy of those found", not _is_only_one(executions * 2))


def _is_only_one(executions: list[str]) -> bool:
    return len(executions) == 1


@then("it is watched to its end")
def watched(delivery: Delivery, progress: Progress, finding: Finding) -> None:
    ended = delivery.run.status in ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
    finding.holds(
        ended and len(progress.snapshots) > 1,
        "watched-to-its-end",
        status=delivery.run.status,
        looks=len(progress.snapshots),
    )


BROKEN = Diagnosis.MANUAL_START_BROKEN


@when("a manual start is rehearsed", target_fixture="rehearsal")
def rehearsed(commands: Commands) -> str:
    return _run_command(commands, "start --rehearse")  # the file has not been delivered yet


def _run_command(commands: Commands, command: str) -> str:
    try:
        return commands.said(command)
    except CommandFailed as refused:
        raise AssertionError(str(refused)) from refused


@then("it names the state machine that it would start")
def names_state_machine(rehearsal: str, environment: Environment, finding: Finding) -> None:
    due = environment.names.state_machine_arn
    finding.holds(due in rehearsal, "manual-start-ready", machine=due, got=rehearsal.strip())


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
        "manual-start-hands-on-all",
    )
    planted = {"States": [machine.definition, {"Parameters": {"planted.$": "$.planted"}}]}
    finding.control("a field that is read and not given", bool(only_handed_on({"planted": 1}, by_hand, planted)))


@when("it is started by hand", target_fixture="delivery")
def started_by_hand(delivery: Delivery, commands: Commands) -> Delivery:
    upload = delivery.upload
    said = _run_command(commands, f"start --version-id={quote(upload.version_id)} {quote(upload.key)}")
    (arn,) = [line for line in said.splitlines() if line.startswith("arn:")]
    started = delivery.with_execution(Start(arn, "manual"))
    started.wait_until_ended()
    return started


@then("it takes the same way to the same result as the automatic one")
def same_result(delivery: Delivery, acceptance: Delivery, finding: Finding) -> None:
    run = delivery.run
    if run.status != acceptance.run.status:
        # A manual start has no event, and the automatic start's was correct; the scenario has registered its users.
        meant = {Diagnosis.EVENT_CONTRACT_BROKEN: BROKEN, Diagnosis.USERS_MISSING: Diagnosis.FATE_WRONG}
        found = diagnose_run(run)
        finding.deviations += [Deviation(meant.get(diagnosis, diagnosis), text) for diagnosis, text in found]
    got, due = _summarise(run), _summarise(acceptance.run)
    evidence = "\n".join([str(run), *map(str, sorted((got.states - due.states) + (due.states - got.states)))])
    finding.holds(got == due, "same-result", wanted=due.tell(), got=got.tell(), evidence=evidence)


@dataclass(frozen=True)
class Result:
    """The result of an execution: its status, how often it entered each state, its totals."""

    status: str
    states: Counter[str]
    totals: dict[str, Any]

    def tell(self) -> Words:
        """Return the result in words."""
        totals = [phrase("total", name=name, value=value) for name, value in self.totals.items()]
        return phrase("result", status=self.status, states=self.states.total(), totals=enumerate_items(totals, most=9))


def _summarise(run: Run) -> Result:
    entered = (
        event["stateEnteredEventDetails"]["name"] for event in run.history if "stateEnteredEventDetails" in event
    )
    totals = {name: value for name, value in run.output.items() if name.startswith("records_")}
    return Result(run.status, Counter(entered), totals)
