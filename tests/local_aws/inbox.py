"""A bucket whose events start executions: what the tests of delivery put in, and what they see come out."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.local_aws.helpers import eventually

ClientOf = Callable[[str], Any]


@dataclass(frozen=True)
class Inbox:
    """A bucket whose events start executions of a machine that does nothing."""

    client: ClientOf
    bucket: str
    machine: str

    def put(self, key: str, body: bytes = b"content", **more: Any) -> dict[str, Any]:
        return dict(self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body, **more))

    def executions(self) -> list[dict[str, Any]]:
        """Oldest first, each with its input parsed."""
        states = self.client("stepfunctions")
        listed = states.list_executions(stateMachineArn=self.machine)["executions"]
        described = [states.describe_execution(executionArn=each["executionArn"]) for each in listed]
        return [
            {"name": each["name"], "input": json.loads(each["input"])}
            for each in sorted(described, key=lambda each: each["startDate"])
        ]

    def started(self, count: int) -> list[dict[str, Any]]:
        """All executions, once there are as many, and there are no more."""
        eventually(lambda: len(self.executions()) >= count, f"{count} executions")
        found = self.executions()
        assert len(found) == count
        return found

    def keys_after_the_last(self, last: str) -> list[str]:
        """The keys that started executions, up to `last`, which does: deliveries are in order."""
        self.put(last)
        keys = eventually(
            lambda: [key for key in [self._keys()] if last in key],
            f"the execution for {last}",
        )
        return keys[0]

    def _keys(self) -> list[str]:
        return [each["input"]["detail"]["object"]["key"] for each in self.executions()]
