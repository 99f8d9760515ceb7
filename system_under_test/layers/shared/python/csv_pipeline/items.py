"""DynamoDB items from plain values, transactional writes, and detection of failed conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from random import uniform
from time import sleep
from typing import TYPE_CHECKING, Any, TypeAlias

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONFLICTS = 5
PAUSE_SECONDS = 0.2

Value: TypeAlias = str | int | float | datetime | None


def attribute(value: str | int | float | datetime) -> dict[str, str]:
    """One value as DynamoDB's API takes it: numbers as N, moments as ISO 8601 in UTC."""
    match value:
        case int() | float():
            return {"N": str(value)}
        case datetime():
            return {"S": iso(value)}
        case _:
            return {"S": value}


def item(values: Mapping[str, Value]) -> dict[str, dict[str, str]]:
    """An item, or the values of an expression; None values are left out."""
    return {name: attribute(value) for name, value in values.items() if value is not None}


def iso(moment: datetime) -> str:
    """A moment in UTC with microseconds, of constant length, so that the order as text is the order in time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def write_together(dynamodb: DynamoDBClient, writes: Sequence[Any]) -> bool:
    """Do all writes in one transaction; False if the condition of a write failed.

    DynamoDB also cancels transactions that conflict with another write to an item. The SDK does not retry these; this
    function does.
    """
    for attempts_left in reversed(range(CONFLICTS)):
        try:
            dynamodb.transact_write_items(TransactItems=writes)
        except dynamodb.exceptions.TransactionCanceledException as cancelled:
            codes = {reason.get("Code") for reason in cancelled.response["CancellationReasons"]}
            if "ConditionalCheckFailed" in codes:
                return False
            if "TransactionConflict" not in codes or not attempts_left:
                raise
            sleep(uniform(0, PAUSE_SECONDS))
        else:
            return True
    raise AssertionError("the last attempt either returns or raises")


def condition_refused(error: ClientError) -> bool:
    """True if a write was refused because its condition failed."""
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
