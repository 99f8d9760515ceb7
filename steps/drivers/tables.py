"""The DynamoDB tables as DynamoDB describes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steps.drivers.absence import unless_absent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TableDescriptionTypeDef


@dataclass(frozen=True)
class Table:
    """A table; `keys` are the names of its partition key and, if it has one, its sort key."""

    name: str
    status: str
    keys: tuple[str, ...]
    expires_by: str | None
    """The TTL attribute, by which items expire; None if TTL is not enabled."""
    write_units: int | None = None
    """The write capacity units of a table with provisioned capacity; None on demand."""
    further: tuple[str, ...] = ()
    """Settings that the pipeline does not need: further indexes, and encryption by a KMS key."""


_EXPIRING = ("ENABLED", "ENABLING")


class Tables:
    """Describes DynamoDB tables."""

    def __init__(self, dynamodb: DynamoDBClient) -> None:
        self._dynamodb = dynamodb

    def found(self, name: str) -> Table | None:
        """The table of that name, or None if it does not exist."""
        answer = unless_absent(lambda: self._dynamodb.describe_table(TableName=name))
        if answer is None:
            return None
        expiry = self._dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        keys = {key["KeyType"]: key["AttributeName"] for key in answer["Table"]["KeySchema"]}
        return Table(
            name=name,
            status=answer["Table"]["TableStatus"],
            keys=tuple(keys[kind] for kind in ("HASH", "RANGE") if kind in keys),
            expires_by=expiry.get("AttributeName") if expiry.get("TimeToLiveStatus") in _EXPIRING else None,
            write_units=answer["Table"].get("ProvisionedThroughput", {}).get("WriteCapacityUnits") or None,
            further=tuple(_further(answer["Table"])),
        )


def _further(table: TableDescriptionTypeDef) -> Iterator[str]:
    for index in (*table.get("GlobalSecondaryIndexes", ()), *table.get("LocalSecondaryIndexes", ())):
        yield f"the index {index['IndexName']}"
    if "SSEDescription" in table:
        yield "encryption by a key of KMS"
