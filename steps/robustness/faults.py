"""Steps that inject faults and remove them."""

from __future__ import annotations

from contextlib import ExitStack

from pytest_bdd import given, parsers, then, when

from steps.drivers.functions import Functions
from steps.robustness.injected_faults import PATIENCE, InjectedFaults
from steps.run.custom_file import OwnFile
from steps.run.delivery import Delivery, Drivers
from steps.suite.finding import Finding
from steps.targets.environment import Environment
from steps.verdict.messages import phrase
from steps.verdict.words import enumerate_items


@given(parsers.parse("the function of chunk {chunk:d} dies after its commit and before its answer"))
def dies_after_commit(chunk: int, faults: InjectedFaults, own_file: OwnFile) -> None:
    when = own_file.call_pattern(f"noting the end of chunk {chunk}")
    faults.crash(f"chunk {chunk} dies after its commit", when)


@given(parsers.parse("the function of chunk {chunk:d} dies before its commit"))
def dies_before_commit(chunk: int, faults: InjectedFaults, own_file: OwnFile) -> None:
    faults.crash(f"chunk {chunk} dies before its commit", own_file.call_pattern(f"reading chunk {chunk}"))


@given(parsers.parse("an invocation may take {seconds:d} seconds"))
def given_up_after(seconds: int, environment: Environment, cleaning_up: ExitStack) -> None:
    functions = Functions(environment.client("lambda"), environment.names.functions, environment.names.qualifiers)
    cleaning_up.enter_context(functions.given_up_after(seconds))


@given(parsers.parse("the answer of chunk {chunk:d} is lost while its function is at work"))
def answer_lost(chunk: int, faults: InjectedFaults, own_file: OwnFile) -> None:
    held_at_reading(chunk, faults, own_file)
    name, when = f"the answer of chunk {chunk} is lost", own_file.call_pattern(f"invoking chunk {chunk}")
    faults.refuse(name, when, "ServiceException", status=500, work="going on")


@given(parsers.parse("the function of chunk {chunk:d} is held at its reading"))
def held_at_reading(chunk: int, faults: InjectedFaults, own_file: OwnFile) -> None:
    faults.hold(f"chunk {chunk} is held", own_file.call_pattern(f"reading chunk {chunk}"))


@given(parsers.parse("chunk {chunk:d} cannot be read"))
def cannot_be_read(chunk: int, faults: InjectedFaults, own_file: OwnFile) -> None:
    when = own_file.call_pattern(f"reading chunk {chunk}")
    faults.refuse(f"chunk {chunk} cannot be read", when, "AccessDenied", status=403)


@given(parsers.parse("the function of chunk {chunk:d} is held at its start"))
def held_at_start(chunk: int, faults: InjectedFaults, own_file: OwnFile) -> None:
    faults.hold(f"chunk {chunk} is held at its start", own_file.call_pattern(f"noting the start of chunk {chunk}"))


@when(parsers.parse("chunk {other:d} is at work, and chunk {chunk:d} goes on"))
def goes_on(other: int, chunk: int, delivery: Delivery, faults: InjectedFaults) -> None:
    delivery.wait_until_started()
    faults.wait_for(f"chunk {other} is held")
    faults.release(f"chunk {chunk} is held at its start")
    delivery.wait_until_ended()


@given("no results can be written")
def no_results(faults: InjectedFaults, own_file: OwnFile) -> None:
    faults.refuse("no results", own_file.call_pattern("writing the results"), "AccessDenied", status=403)


@given("no job can be completed")
def no_completion(faults: InjectedFaults, own_file: OwnFile) -> None:
    faults.refuse("no completion", own_file.call_pattern("completing the job"), "AccessDeniedException")


@given("no job can be marked as failed")
def no_failure(faults: InjectedFaults, own_file: OwnFile) -> None:
    faults.refuse("no failure", own_file.call_pattern("marking the job as failed"), "AccessDeniedException")


@given("the splitting is held at its start")
def held_at_splitting(faults: InjectedFaults, own_file: OwnFile) -> None:
    faults.hold("the splitting is held", own_file.call_pattern("noting the start of the splitting"))


@given("the merging is held at its start")
def held_at_merging(faults: InjectedFaults, own_file: OwnFile) -> None:
    faults.hold("the merging is held", own_file.call_pattern("noting the start of the merge"))


@when(parsers.parse('"{damage}" before the merging goes on'))
def damaged(damage: str, delivery: Delivery, faults: InjectedFaults, drivers: Drivers) -> None:
    delivery.wait_until_started()
    faults.wait_for("the merging is held")
    drivers.database.tell("damage_before_merge", damage=damage, **delivery.version)
    faults.remove_all()
    delivery.wait_until_ended()


@when("the faults are over")
def faults_over(faults: InjectedFaults) -> None:
    faults.remove_all()


@when("the faults are over, and what was at work has come to its end")
def over_and_ended(faults: InjectedFaults, drivers: Drivers) -> None:
    faults.remove_all()
    drivers.connections.gone(drivers.database, within=PATIENCE)


@when("its retry waits for it, and then it goes on")
def retry_waits(delivery: Delivery, faults: InjectedFaults, drivers: Drivers) -> None:
    delivery.wait_until_started()
    faults.wait_for_all()
    drivers.connections.blocked(drivers.database, within=PATIENCE)
    faults.remove_all()
    delivery.wait_until_ended()


@when("its execution is stopped by hand")
def stopped(delivery: Delivery, faults: InjectedFaults, drivers: Drivers) -> None:
    delivery.wait_until_started()
    faults.wait_for_all()
    drivers.workflow.stop(str(delivery.start.arn))
    faults.remove_all()
    delivery.wait_until_ended()


@when("its version is deleted")
def deleted(delivery: Delivery, faults: InjectedFaults, drivers: Drivers) -> None:
    faults.wait_for_all()
    drivers.inbox.delete(delivery.upload)
    faults.remove_all()
    delivery.wait_until_ended()


@given(parsers.parse("a chunk is to hold {records:d} records from now on"))
@when(parsers.parse("a chunk is to hold {records:d} records from now on"))
def chunk_size(records: int, environment: Environment, cleaning_up: ExitStack) -> None:
    functions = Functions(environment.client("lambda"), environment.names.functions, environment.names.qualifiers)
    cleaning_up.enter_context(functions.configured(CHUNK_SIZE=str(records)))


@given(parsers.parse('the environment variable "{name}" is "{value}"'))
def variable(name: str, value: str, environment: Environment, cleaning_up: ExitStack) -> None:
    functions = Functions(environment.client("lambda"), environment.names.functions, environment.names.qualifiers)
    cleaning_up.enter_context(functions.configured(**{name: value}))


@then(parsers.parse('"{state}" was tried again after "{error}"'))
def tried_again(state: str, error: str, delivery: Delivery, finding: Finding) -> None:
    retries = [(retry.state, retry.error) for retry in delivery.run.retries]
    told = [phrase("retry", state=each, error=name) for each, name in retries]
    finding.holds(retries == [(state, error)], "only-retry", state=state, error=error, got=enumerate_items(told))


@given(parsers.parse('{what} is refused twice with "{code}" and status {status:d}'))
def refused_twice(what: str, code: str, status: int, faults: InjectedFaults, own_file: OwnFile) -> None:
    faults.refuse(what, own_file.call_pattern(what), code, status=status, times=2)


@given(parsers.parse('{what} is refused from now on with "{code}" and status {status:d}'))
def refused(what: str, code: str, status: int, faults: InjectedFaults, own_file: OwnFile) -> None:
    faults.refuse(what, own_file.call_pattern(what), code, status=status)


@given(parsers.parse('{what} is done, and answered with "{code}" and status {status:d}'))
def answered_with_error(what: str, code: str, status: int, faults: InjectedFaults, own_file: OwnFile) -> None:
    faults.refuse(what, own_file.call_pattern(what), code, status=status, work="done")


@given(parsers.parse("the functions get each answer {seconds:g} seconds late"))
def late(seconds: float, faults: InjectedFaults, own_file: OwnFile) -> None:
    faults.slow("every answer is late", own_file.call_pattern("any call of a function"), seconds)


@given(parsers.parse("{what} is answered {seconds:d} seconds late"))
def answered_late(what: str, seconds: int, faults: InjectedFaults, own_file: OwnFile) -> None:
    faults.slow(what, own_file.call_pattern(what), seconds)


@given(parsers.parse("a call is tried {times:d} times, by functions that start anew"))
def tried(times: int, environment: Environment, cleaning_up: ExitStack) -> None:
    functions = Functions(environment.client("lambda"), environment.names.functions, environment.names.qualifiers)
    cleaning_up.enter_context(functions.configured(MAX_RETRY_ATTEMPTS=str(times - 1)))
