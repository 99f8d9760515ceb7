"""Steps about AWS's services that refuse, lose or delay what they are asked."""

from __future__ import annotations

from contextlib import ExitStack

from pytest_bdd import given, parsers

from steps.drivers.functions import Functions
from steps.made_faults import Made
from steps.own_file import OwnFile
from steps.targets.environment import Environment


@given(parsers.parse('{what} is refused twice with "{code}" and status {status:d}'))
def refused_twice(what: str, code: str, status: int, faults: Made, own_file: OwnFile) -> None:
    faults.all.append(faults.make.refuse(what, own_file.moment(what), code, status=status, times=2))


@given(parsers.parse('{what} is refused from now on with "{code}" and status {status:d}'))
def refused(what: str, code: str, status: int, faults: Made, own_file: OwnFile) -> None:
    faults.all.append(faults.make.refuse(what, own_file.moment(what), code, status=status))


@given(parsers.parse('{what} is done, and answered with "{code}" and status {status:d}'))
def answer_lost(what: str, code: str, status: int, faults: Made, own_file: OwnFile) -> None:
    faults.all.append(faults.make.refuse(what, own_file.moment(what), code, status=status, work="done"))


@given(parsers.parse("the functions get each answer {seconds:g} seconds late"))
def late(seconds: float, faults: Made) -> None:
    faults.all.append(faults.make.slow("every answer is late", r"^\S+-dev (s3|dynamodb|secretsmanager) ", seconds))


@given(parsers.parse("a call is tried {times:d} times, by functions that start anew"))
def tried(times: int, environment: Environment, cleaning_up: ExitStack) -> None:
    functions = Functions(environment.client("lambda"), environment.names.functions)
    cleaning_up.enter_context(functions.configured(MAX_RETRY_ATTEMPTS=str(times - 1)))
