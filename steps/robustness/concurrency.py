"""Steps about events and files that arrive at once."""

from __future__ import annotations

from contextlib import ExitStack

from pytest_bdd import given, parsers, then, when

from steps.robustness.injected_faults import InjectedFaults
from steps.run.custom_file import OwnFile
from steps.run.delivery import Delivery, Drivers, Start
from steps.suite.finding import Finding
from steps.verdict.messages import phrase
from steps.verdict.words import enumerate_items

_LOCK = "taking the lock"


@when("two events of it arrive at once", target_fixture="deliveries")
def two_events(delivery: Delivery, drivers: Drivers, faults: InjectedFaults, own_file: OwnFile) -> list[Delivery]:
    """Hold both executions right before they take the lock, then release both."""
    faults.hold(_LOCK, own_file.call_pattern(_LOCK), times=2)
    event = drivers.workflow.input_for(delivery.upload)
    both = [delivery.with_execution(Start(drivers.workflow.start(event), "event")) for _ in range(2)]
    faults.release(_LOCK, hits=2)
    for each in both:
        each.wait_until_ended()
    return both


@then("one of the two has it, and the other leaves it to that", target_fixture="delivery")
def one_of_two(deliveries: list[Delivery], finding: Finding) -> Delivery:
    first, second = sorted(deliveries, key=lambda each: each.run.duplicate_of or "")
    got = [(each.run.status, each.run.duplicate_of) for each in (first, second)]
    told = [phrase("left-to", status=status, first=of) for status, of in got]
    is_left = got == [("SUCCEEDED", None), ("SUCCEEDED", first.run.arn)]
    finding.holds(is_left, "one-of-two", got=enumerate_items(told))
    return first


@given(parsers.parse("{count:d} files of {records:d} records each, of the same users"), target_fixture="crowd")
def files_of_same_users(
    count: int, records: int, own_file: OwnFile, drivers: Drivers, cleaning_up: ExitStack
) -> list[OwnFile]:
    own_file.fill(records)
    others = [OwnFile(drivers, cleaning_up, own_file.header) for _ in range(count - 1)]
    for n, other in enumerate(others):
        users = own_file.registered if n % 2 else reversed(own_file.registered)
        for user in users:
            other.add(user, 1, 100 + n)
    return [own_file, *others]


@when("they are delivered at once", target_fixture="deliveries")
def delivered_at_once(crowd: list[OwnFile]) -> list[Delivery]:
    deliveries = [file.upload() for file in crowd]
    for delivery in deliveries:
        delivery.wait_until_ended()
    return deliveries


@then(parsers.parse('the status of each is "{status}"'))
def status_of_each(status: str, deliveries: list[Delivery], finding: Finding) -> None:
    bad = [str(each.run) for each in deliveries if each.run.status != status]
    finding.holds(not bad, "each-ended", count=len(deliveries), status=status, bad=len(bad), evidence="\n".join(bad))
