"""Steps about faults that are drawn from a seed, each made on a file of its own."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from pytest_bdd import given, then, when

from steps.aftermath_steps import judge
from steps.database_fault_steps import restart
from steps.deliveries import Delivery, Drivers, Start
from steps.draws import Draw, draws
from steps.drivers.functions import Functions
from steps.drivers.locks import restart as restarted
from steps.finding import Finding
from steps.made_faults import Made
from steps.own_file import OwnFile
from steps.reporting.progress import Progress

PATIENCE = 60
"""Seconds for what an execution that has failed has left at work to come to its end."""


@given("faults drawn from the seed of this session", target_fixture="drawn")
def faults_drawn(pytestconfig: pytest.Config, progress: Progress) -> list[Draw]:
    seed, count = pytestconfig.option.fault_seed, pytestconfig.option.fault_draws
    progress.say(f"{count} faults drawn by --fault-seed={seed} --fault-draws={count}")
    return draws(seed, count)


@when("a file is delivered to each", target_fixture="results")
def delivered_to_each(
    drawn: list[Draw], own_file: OwnFile, drivers: Drivers, faults: Made, progress: Progress, finding: Finding
) -> list[str]:
    """What each has come to; one that has failed is started again when its fault is over."""
    return [_outcome(draw, own_file.header, drivers, faults, progress, finding) for draw in drawn]


def _outcome(draw: Draw, header: str, drivers: Drivers, faults: Made, progress: Progress, finding: Finding) -> str:
    with ExitStack() as cleaning_up:
        file = OwnFile(drivers, cleaning_up, header)
        file.fill(draw.records - draw.strangers)
        for _ in range(draw.strangers):
            file.add(file.new_user(), 1, 1, reason="UserNotFoundError")
        if draw.cold:
            Functions(drivers.environment.client("lambda"), drivers.environment.names.functions).start_anew()
        _make(draw, file, faults)
        delivery = file.delivered()
        _strike(draw, delivery, drivers, faults)
        run = delivery.run
        told = f"{draw}: {run.status}{f' with {run.error}' if run.error else ''}"
        progress.say(told)
        if run.status == "SUCCEEDED":
            faults.over()
        else:
            finding.holds(
                run.status == "ABORTED" or bool(run.error), wanted="a named error", got=told, evidence=str(run)
            )
            faults.over()
            drivers.connections.gone(drivers.database, within=PATIENCE)
            delivery = delivery.again(Start(restarted(delivery.upload, drivers.locks, drivers.workflow), "manual"))
        try:
            judge([delivery], drivers, finding)
        except AssertionError as wrong:
            raise AssertionError(f"{told}\n{wrong}") from None
        return told


def _make(draw: Draw, file: OwnFile, faults: Made) -> None:
    make, when, name = faults.make, file.moment(draw.moment), str(draw)
    code, status = draw.refusal or ("", 0)
    match draw.effect:
        case "refused once":
            fault = make.refuse(name, when, code, status=status, times=1)
        case "refused twice":
            fault = make.refuse(name, when, code, status=status, times=2)
        case "refused":
            fault = make.refuse(name, when, code, status=status)
        case "answer lost":
            fault = make.refuse(name, when, code, status=status, work="done")
        case "dies before":
            fault = make.crash(name, when)
        case "dies after":
            fault = make.crash(name, when, work="done")
        case "cut before":
            fault = make.cut(name, when)
        case "cut after":
            fault = make.cut(name, when, work="done")
        case "stopped" | "restart":
            fault = make.hold(name, when)
        case _:
            raise ValueError(f"no fault is made as {draw.effect!r}")
    faults.all.append(fault)


def _strike(draw: Draw, delivery: Delivery, drivers: Drivers, faults: Made) -> None:
    """What has to be done when the moment has come."""
    if draw.effect not in ("stopped", "restart"):
        return
    arn = str(delivery.start.arn)
    faults.awaited()
    if draw.effect == "stopped":
        drivers.workflow.stop(arn)
    else:
        restart(drivers)
    faults.over()


@then("each was processed or failed by a named error, and once started again every record counts once")
def all_told(drawn: list[Draw], results: list[str], finding: Finding) -> None:
    """What deviates has been told where it was found."""
    finding.equal(len(results), len(drawn), "faults survived")
