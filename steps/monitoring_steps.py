"""Steps about what was watched while the execution ran."""

from __future__ import annotations

from pytest_bdd import then

from steps.deliveries import Delivery, Drivers
from steps.drivers.connections import left_of
from steps.finding import Finding

PATIENCE = 10
"""Seconds for the server to take down the session of a function that has closed it."""


@then("sessions of its invocations were seen while it ran")
def sessions_seen(delivery: Delivery, finding: Finding) -> None:
    seen = delivery.sightings.of(_invocations(delivery))
    finding.holds(
        bool(seen),
        wanted="sessions that go by the name of a function and an invocation",
        got=f"{len(seen)} seen, at most {delivery.sightings.most} at once",
    )


@then("none of them is left open")
def none_left(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    ids, connections = _invocations(delivery), drivers.connections
    left = connections.left_by(ids, within=PATIENCE)
    finding.holds(not left, wanted="0 sessions left", got=str(len(left)), evidence="\n".join(left))
    function = drivers.environment.names.functions[0]
    if drivers.environment.shared:
        copy = [*left, f"{function} {ids[0]}"]
        finding.control("a session left open, in a copy", bool(left_of(copy, ids)))
        return
    with connections.pretending(function, ids[0]):
        finding.control("a session really left open", bool(connections.left_by(ids, within=0)))


def _invocations(delivery: Delivery) -> list[str]:
    return [task.request_id for task in delivery.run.tasks if task.request_id]
