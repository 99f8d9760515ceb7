"""Faults and moments drawn at random; the same seed draws the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random
from typing import TypeVar

import pytest
from pytest_bdd import given, then, when

from steps.drivers.functions import Functions
from steps.drivers.locks import restart
from steps.robustness.database_faults import restart_database
from steps.robustness.fault_points import CALLS, CHUNK_RECORDS
from steps.robustness.injected_faults import InjectedFaults
from steps.robustness.invariants import judge
from steps.run.custom_file import OwnFile
from steps.run.delivery import Delivery, Drivers, Start
from steps.suite.finding import Finding
from steps.suite.progress import Progress

T = TypeVar("T")
Refusal = tuple[str, int]
"""An error's code and its HTTP status."""

_REFUSALS: dict[str, Sequence[Refusal]] = {
    "dynamodb": (
        ("ProvisionedThroughputExceededException", 400),
        ("ThrottlingException", 400),
        ("InternalServerError", 500),
    ),
    "s3": (("SlowDown", 503), ("InternalError", 500), ("ServiceUnavailable", 503)),
    "secretsmanager": (("ThrottlingException", 400), ("InternalServiceError", 500)),
    "lambda": (("TooManyRequestsException", 429), ("ServiceException", 500)),
}
_CHUNKS = (1, 2, 4)
_EFFECTS: dict[str, Sequence[str]] = {
    "dynamodb": (
        "refused once",
        "refused twice",
        "refused",
        "answer lost",
        "dies before",
        "dies after",
        "stopped",
        "restart",
    ),
    "s3": ("refused once", "refused twice", "refused", "dies before", "dies after", "stopped", "restart"),
    "secretsmanager": ("refused once", "refused twice", "refused", "dies before"),
    "lambda": ("refused once", "answer lost"),
    "postgresql": ("cut before", "cut after"),
}
_COLD = "fetching the credentials"


@dataclass(frozen=True)
class Draw:
    """One file and its one fault: the call it strikes, its effect, and the error returned, if any."""

    number: int
    chunks: int
    moment: str
    service: str
    effect: str
    refusal: Refusal | None

    @property
    def records(self) -> int:
        """Records in the file; its last chunk is not full."""
        return CHUNK_RECORDS * self.chunks - 3

    @property
    def unknown_users(self) -> int:
        """Records of unregistered users: one, if the file is large enough for the error tolerance; else none."""
        return 1 if self.records > 20 else 0

    @property
    def cold(self) -> bool:
        """True if the moment occurs only after the functions have started anew."""
        return self.moment == _COLD

    def __str__(self) -> str:
        how = f"{self.effect} ({self.refusal[0]}, {self.refusal[1]})" if self.refusal else self.effect
        return f"{self.number}. {self.records} records, {self.moment}: {how}"


def draw_faults(seed: int, count: int) -> list[Draw]:
    """Draw `count` faults; a larger count keeps the first ones the same."""
    return [_draw(Random(f"{seed}/{number}"), number) for number in range(1, count + 1)]


def _draw(random: Random, number: int) -> Draw:
    def one_of(choices: Sequence[T]) -> T:
        return choices[int(random.random() * len(choices))]  # Python guarantees the sequence of random()

    chunks = one_of(_CHUNKS)
    template, service = one_of(list(CALLS.items()))
    moment = template.replace("{chunk}", str(one_of(range(1, chunks + 1))))
    effect = one_of(_EFFECTS[service])
    refusals = [each for each in _REFUSALS.get(service, ()) if effect != "answer lost" or each[1] == 500]
    refusal = one_of(refusals) if effect.startswith(("refused", "answer")) else None
    return Draw(number, chunks, moment, service, effect, refusal)


_SESSION_SECONDS = 60
"""Seconds for the sessions of functions still running after a failed execution to end: a held lock may time out."""


@given("faults drawn from the seed of this session", target_fixture="drawn")
def faults_drawn(pytestconfig: pytest.Config, progress: Progress) -> list[Draw]:
    seed, count = pytestconfig.option.fault_seed, pytestconfig.option.fault_draws
    progress.say(f"{count} faults drawn by --fault-seed={seed} --fault-draws={count}")
    return draw_faults(seed, count)


@when("a file is delivered to each", target_fixture="results")
def delivered_to_each(
    drawn: list[Draw], own_file: OwnFile, drivers: Drivers, faults: InjectedFaults, progress: Progress, finding: Finding
) -> list[str]:
    """Return the outcome of each draw; restart a failed execution once its fault is removed."""
    return [_process_draw(draw, own_file.header, drivers, faults, progress, finding) for draw in drawn]


def _process_draw(
    draw: Draw, header: str, drivers: Drivers, faults: InjectedFaults, progress: Progress, finding: Finding
) -> str:
    with ExitStack() as cleaning_up:
        file = OwnFile(drivers, cleaning_up, header)
        file.fill(draw.records - draw.unknown_users)
        for _ in range(draw.unknown_users):
            file.add(file.new_user(), 1, 1, reason="UserNotFoundError")
        if draw.cold:
            Functions(drivers.environment.client("lambda"), drivers.environment.names.functions).start_anew()
        _inject(draw, file, faults)
        delivery = file.upload()
        delivery.wait_until_started()
        _strike(draw, delivery, drivers, faults)
        delivery.wait_until_ended()
        run = delivery.run
        told = f"{draw}: {run.status}{f' with {run.error}' if run.error else ''}"
        progress.say(told)
        if run.status == "SUCCEEDED":
            faults.remove_all()
        else:
            is_named = run.status == "ABORTED" or bool(run.error)
            finding.holds(is_named, "error-named", got=told, evidence=str(run))
            faults.remove_all()
            drivers.connections.gone(drivers.database, within=_SESSION_SECONDS)
            arn = restart(delivery.upload, drivers.locks, drivers.workflow)
            delivery = delivery.with_execution(Start(arn, "manual"))
            delivery.wait_until_ended()
        try:
            judge([delivery], drivers, finding)
        except AssertionError as wrong:
            raise AssertionError(f"{told}\n{wrong}") from None
        return told


def _inject(draw: Draw, file: OwnFile, faults: InjectedFaults) -> None:
    when, name = file.call_pattern(draw.moment), str(draw)
    code, status = draw.refusal or ("", 0)
    match draw.effect.split():
        case ["refused", *often]:
            times = {"once": 1, "twice": 2}[often[0]] if often else None
            faults.refuse(name, when, code, status=status, times=times)
        case ["answer", "lost"]:
            faults.refuse(name, when, code, status=status, work="done")
        case ["dies", moment]:
            faults.crash(name, when, work="done" if moment == "after" else "undone")
        case ["cut", moment]:
            faults.cut(name, when, work="done" if moment == "after" else "undone")
        case ["stopped" | "restart"]:
            faults.hold(name, when)
        case _:
            raise ValueError(f"no fault is made as {draw.effect!r}")


def _strike(draw: Draw, delivery: Delivery, drivers: Drivers, faults: InjectedFaults) -> None:
    """Once the call is held, stop the execution or restart the database."""
    if draw.effect not in ("stopped", "restart"):
        return
    arn = str(delivery.start.arn)
    faults.wait_for_all()
    if draw.effect == "stopped":
        drivers.workflow.stop(arn)
    else:
        restart_database(drivers)
    faults.remove_all()


@then("each was processed or failed by a named error, and once started again every record counts once")
def all_told(drawn: list[Draw], results: list[str], finding: Finding) -> None:
    """Only count: each deviation was reported where it was found."""
    finding.equal(len(results), len(drawn), "faults-survived")
