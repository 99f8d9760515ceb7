"""DynamoDB items from plain values, and what a refused condition says."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias

from botocore.exceptions import ClientError

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
    """An item, or the values of an expression; what is None is left out."""
    return {name: attribute(value) for name, value in values.items() if value is not None}


def iso(moment: datetime) -> str:
    """A moment in UTC with microseconds, always of one length, so that its order as text is its order in time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def condition_refused(error: ClientError) -> bool:
    """Whether a write was refused by its own condition."""
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
