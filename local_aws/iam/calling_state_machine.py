"""Whose role a state machine's task acts in: moto's interpreter signs all its calls alike, so what is called tells."""

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
        """Whether a string of its definition is the resource's name or an ARN of it."""
        kind, *name = re.split("[:/]", resource.split(":", 5)[-1])
        wanted = re.escape(name[0] if name else kind)
        return re.search(rf'"([^"]*[:/])?{wanted}(:[^"]*)?"', self.definition) is not None


class Machines:
    """The state machines of each region, remembered until Step Functions is written to."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._memory = Memory()

    def calling(self, region: str, resource: str) -> list[Machine]:
        """The machines that may be calling a resource: those that name it, and of several those that run.

        A resource that none names, since its name is found at run time only, may be called by any that runs.
        """
        machines = self._memory.recall(region, lambda: list(self._read(region)))
        naming = [machine for machine in machines if machine.names(resource)]
        if len(naming) == 1:
            return naming
        candidates = naming or machines
        return [machine for machine in candidates if self._runs(machine)] or candidates

    def forget(self) -> None:
        """Step Functions has been written to."""
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
