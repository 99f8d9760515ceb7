"""Steps that inject faults and remove them."""

from __future__ import annotations

from contextlib import ExitStack

from pytest_bdd import given, parsers, then, when

from steps.drivers.functions import Functions
from steps.robustness.injected_faults import Made
from steps.run.custom_file import OwnFile
from steps.run.delivery import Delivery, Drivers
from steps.suite.finding import Finding
from steps.targets.environment import Environment

PATIENCE = 30
"""Seconds for running work to reach the state that a scenario waits for."""


@given(parsers.parse("the function of chunk {chunk:d} dies after its commit and before its answer"))
def dies_after_commit(chunk: int, faults: Made) -> None:
    completion = rf'PutItem .*#csv-chunk-processing#{chunk}#\d+".*"completion"'
    faults.all.append(faults.make.crash(f"chunk {chunk} dies after its commit", f"dynamodb {completion}"))


@given(parsers.parse("the function of chunk {chunk:d} dies before its commit"))
def dies_before_commit(chunk: int, faults: Made, own_file: OwnFile) -> None:
    faults.all.append(faults.make.crash(f"chunk {chunk} dies before its commit", _reading(chunk, own_file)))


@given(parsers.parse("an invocation may take {seconds:d} seconds"))
def given_up_after(seconds: int, environment: Environment, cleaning_up: ExitStack) -> None:
    functions = Functions(environment.client("lambda"), environment.names.functions)
    cleaning_up.enter_context(functions.given_up_after(seconds))


@given(parsers.parse("the answer of chunk {chunk:d} is lost while its function is at work"))
def answer_lost(chunk: int, faults: Made, own_file: OwnFile) -> None:
    held_at_reading(chunk, faults, own_file)
    invocation = rf'lambda POST \S*processor-dev/invocations .*"chunk": ?{chunk}\b'
    name = f"the answer of chunk {chunk} is lost"
    faults.all.append(faults.make.refuse(name, invocation, "ServiceException", status=500, work="going on"))


@given(parsers.parse("the function of chunk {chunk:d} is held at its reading"))
def held_at_reading(chunk: int, faults: Made, own_file: OwnFile) -> None:
    faults.all.append(faults.make.hold(f"chunk {chunk} is held", _reading(chunk, own_file)))


@given(parsers.parse("chunk {chunk:d} cannot be read"))
def cannot_be_read(chunk: int, faults: Made, own_file: OwnFile) -> None:
    name = f"chunk {chunk} cannot be read"
    faults.all.append(faults.make.refuse(name, _reading(chunk, own_file), "AccessDenied", status=403))


def _reading(chunk: int, own_file: OwnFile) -> str:
    return rf"s3 GET \S*/{own_file.name}\?\S* bytes={own_file.first_byte(10 * (chunk - 1))}-"


@given(parsers.parse("the function of chunk {chunk:d} is held at its start"))
def held_at_start(chunk: int, faults: Made) -> None:
    start = rf"dynamodb PutItem .*#csv-chunk-processing#{chunk}#"
    faults.all.append(faults.make.hold(f"chunk {chunk} is held at its start", start))


@when(parsers.parse("chunk {other:d} is at work, and chunk {chunk:d} goes on"))
def goes_on(other: int, chunk: int, delivery: Delivery, faults: Made) -> None:
    delivery.wait_until_started()
    faults.met(f"chunk {other} is held")
    faults.let_go(f"chunk {chunk} is held at its start")
    delivery.wait_until_ended()


@given("no results can be written")
def no_results(faults: Made) -> None:
    faults.all.append(faults.make.refuse("no results", r"s3 PUT \S*/results/", "AccessDenied", status=403))


@given("no job can be completed")
def no_completion(faults: Made) -> None:
    when = 'dynamodb TransactWriteItems .*"COMPLETED"'
    faults.all.append(faults.make.refuse("no completion", when, "AccessDeniedException"))


@given("no job can be marked as failed")
def no_failure(faults: Made) -> None:
    when = 'dynamodb UpdateItem .*"FAILED"'
    faults.all.append(faults.make.refuse("no failure", when, "AccessDeniedException"))


@given("the splitting is held at its start")
def held_at_splitting(faults: Made) -> None:
    faults.all.append(faults.make.hold("the splitting is held", "dynamodb PutItem .*#csv-split#-#"))


@when("the faults are over")
def faults_over(faults: Made) -> None:
    faults.over()


@when("the faults are over, and what was at work has come to its end")
def over_and_ended(faults: Made, drivers: Drivers) -> None:
    faults.over()
    drivers.connections.gone(drivers.database, within=PATIENCE)


@when("its retry waits for it, and then it goes on")
def retry_waits(delivery: Delivery, faults: Made, drivers: Drivers) -> None:
    delivery.wait_until_started()
    faults.awaited()
    drivers.connections.blocked(drivers.database, within=PATIENCE)
    faults.over()
    delivery.wait_until_ended()


@when("its execution is stopped by hand")
def stopped(delivery: Delivery, faults: Made, drivers: Drivers) -> None:
    delivery.wait_until_started()
    faults.awaited()
    drivers.workflow.stop(str(delivery.start.arn))
    faults.over()
    delivery.wait_until_ended()


@when("its version is deleted")
def deleted(delivery: Delivery, faults: Made, drivers: Drivers) -> None:
    faults.awaited()
    drivers.inbox.delete(delivery.upload)
    faults.over()
    delivery.wait_until_ended()


@given(parsers.parse("a chunk is to hold {records:d} records from now on"))
@when(parsers.parse("a chunk is to hold {records:d} records from now on"))
def chunk_size(records: int, environment: Environment, cleaning_up: ExitStack) -> None:
    functions = Functions(environment.client("lambda"), environment.names.functions)
    cleaning_up.enter_context(functions.configured(CHUNK_SIZE=str(records)))


@then(parsers.parse('"{state}" was tried again after "{error}"'))
def tried_again(state: str, error: str, delivery: Delivery, finding: Finding) -> None:
    retries = [(retry.state, retry.error) for retry in delivery.run.retries]
    finding.equal(retries, [(state, error)], "as the only retry")


@given(parsers.parse('{what} is refused twice with "{code}" and status {status:d}'))
def refused_twice(what: str, code: str, status: int, faults: Made, own_file: OwnFile) -> None:
    faults.all.append(faults.make.refuse(what, own_file.moment(what), code, status=status, times=2))


@given(parsers.parse('{what} is refused from now on with "{code}" and status {status:d}'))
def refused(what: str, code: str, status: int, faults: Made, own_file: OwnFile) -> None:
    faults.all.append(faults.make.refuse(what, own_file.moment(what), code, status=status))


@given(parsers.parse('{what} is done, and answered with "{code}" and status {status:d}'))
def answered_with_error(what: str, code: str, status: int, faults: Made, own_file: OwnFile) -> None:
    faults.all.append(faults.make.refuse(what, own_file.moment(what), code, status=status, work="done"))


@given(parsers.parse("the functions get each answer {seconds:g} seconds late"))
def late(seconds: float, faults: Made) -> None:
    faults.all.append(faults.make.slow("every answer is late", r"^\S+-dev (s3|dynamodb|secretsmanager) ", seconds))


@given(parsers.parse("a call is tried {times:d} times, by functions that start anew"))
def tried(times: int, environment: Environment, cleaning_up: ExitStack) -> None:
    functions = Functions(environment.client("lambda"), environment.names.functions)
    cleaning_up.enter_context(functions.configured(MAX_RETRY_ATTEMPTS=str(times - 1)))
