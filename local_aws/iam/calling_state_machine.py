"""Find the state machine that makes a call by the called resource, since moto's interpreter signs all calls alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from local_aws.iam.memory import Memory
from local_aws.internal_client import Wire


class Machine(NamedTuple):
    """A state machine."""

    arn: str
    role: str
    definition: str
    """In JSON."""

    def names(self, resource: str) -> bool:
        """True if a string in its definition is the resource's name or ARN."""
        kind, *name = re.split("[:/]", resource.split(":", 5)[-1])
        wanted = re.escape(name[0] if name else kind)
        return re.search(rf'"([^"]*[:/])?{wanted}(:[^"]*)?"', self.definition) is not None


class Machines:
    """The state machines of each region, cached until Step Functions receives a write."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._memory = Memory()

    def calling(self, region: str, resource: str) -> list[Machine]:
        """The machines that may be calling a resource: machines that name it or, if several do, the running ones.

        If none names the resource, because its name is known only at run time, any running machine may be calling it.
        """
        machines = self._memory.recall(region, lambda: list(self._read(region)))
        naming = [machine for machine in machines if machine.names(resource)]
        if len(naming) == 1:
            return naming
        candidates = naming or machines
        return [machine for machine in candidates if self._runs(machine)] or candidates

    def forget(self) -> None:
        """Drop the cache after a Step Functions write."""
        self._memory.forget()

    def _read(self, region: str) -> Iterator[Machine]:
        for listed in self._pages(region, "ListStateMachines", "stateMachines"):
            arguments = {"stateMachineArn": listed["stateMachineArn"]}
            found = self._wire.call("states", region, "AWSStepFunctions.DescribeStateMachine", arguments)
            yield Machine(found["stateMachineArn"], found["roleArn"], found["definition"])

    def _pages(self, region: str, operation: str, items: str) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = self._wire.call("states", region, f"AWSStepFunctions.{operation}", token)
            yield from page[items]
            if not page.get("nextToken"):
                return
            token = {"nextToken": page["nextToken"]}

    def _runs(self, machine: Machine) -> bool:
        arguments = {"stateMachineArn": machine.arn, "statusFilter": "RUNNING", "maxResults": 1}
        region = machine.arn.split(":")[3]
        return bool(self._wire.call("states", region, "AWSStepFunctions.ListExecutions", arguments)["executions"])
