"""Faults as the tests make them, and what they are made on."""

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

Client = Callable[[str], Any]


@dataclass(frozen=True)
class Faults:
    """The embedded AWS's faults, by its HTTP interface."""

    endpoint_url: str
    authorization: str

    def make(self, name: str, when: str, effect: str, **more: Any) -> None:
        self.ask("PUT", f"/{name}", json.dumps({"when": when, "effect": effect, **more}).encode())

    def refuse(self, name: str, when: str, code: str, status: int, **more: Any) -> None:
        members = {"more": more.pop("members")} if "members" in more else {}
        error = {"code": code, "message": "By <a> fault.", "status": status, **members}
        self.make(name, when, "error", error=error, **more)

    def seen(self, name: str) -> dict[str, int]:
        found: dict[str, int] = self.ask("GET", f"/{name}")
        return found

    def ask(self, method: str, name: str = "", body: bytes | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.endpoint_url}/_faults{quote(name)}", body, {"Authorization": self.authorization}, method=method
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


@dataclass(frozen=True)
class Table:
    """A table of items that are either there or not."""

    client: Any
    name: str

    def keep(self, item: str) -> None:
        self.client.put_item(TableName=self.name, Item={"id": {"S": item}})

    def has(self, item: str) -> bool:
        return "Item" in self.client.get_item(TableName=self.name, Key={"id": {"S": item}}, ConsistentRead=True)


def refused(call: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]
