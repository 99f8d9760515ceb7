"""The audit trail: the records that the pipeline writes to DynamoDB about its own executions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from boto3.dynamodb.types import TypeDeserializer

from steps.drivers.s3 import Upload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Place: TypeAlias = tuple[str, int | None]
"""(step, chunk or None): a step of an execution that must have audit entries."""
_plain = TypeDeserializer().deserialize


class AuditTrail:
    """Reads the DynamoDB tables with consistent reads and all pages; whole numbers are returned as int."""

    def __init__(self, dynamodb: DynamoDBClient, *, audit_logs: str, batch_jobs: str, metadata: str) -> None:
        self._dynamodb, self._audit_logs, self._batch_jobs, self._metadata = dynamodb, audit_logs, batch_jobs, metadata

    def jobs(self, execution_name: str) -> list[dict[str, Any]]:
        """The batch jobs of an execution: exactly one in a correct run."""
        return self._all(self._batch_jobs, "job_id", execution_name)

    def entries(self, execution_arn: str) -> list[dict[str, Any]]:
        """The audit entries of an execution, oldest first."""
        return self._all(self._audit_logs, "execution_id", execution_arn)

    def metadata(self, upload: Upload) -> dict[str, dict[str, Any]]:
        """The processing metadata of an uploaded file, by processing stage."""
        return {item["processing_stage"]: item for item in self._all(self._metadata, "file_id", upload.file_id)}

    def _all(self, table: str, key: str, value: str) -> list[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression="#key = :value",
            ExpressionAttributeNames={"#key": key},
            ExpressionAttributeValues={":value": {"S": value}},
            ConsistentRead=True,
        )
        return [{name: _simple(_plain(v)) for name, v in item.items()} for page in pages for item in page["Items"]]


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,](\d+))?(?:Z|[+-]\d\d:?\d\d)?|\d{10}(\d*)")
"""A time as ISO 8601 has it, or as an epoch; the digits below a second are its group."""
_MICROSECONDS = 6


def colliding(entries: Iterable[Mapping[str, Any]]) -> list[tuple[Place, Place]]:
    """Return two places whose sort keys differ by their time alone, for each such set, if that has no microseconds.

    Entries that two of them write within the same tick overwrite each other, or the second is refused.
    """
    places: dict[str, set[Place]] = {}
    for entry in entries:
        key = str(entry["timestamp"])
        moment = _MOMENT.search(key)
        if moment and len(moment[1] or moment[2] or "") < _MICROSECONDS:
            rest = key[: moment.start()] + key[moment.end() :]
            places.setdefault(rest, set()).add((entry["step"], entry.get("chunk")))
    alike = (sorted(each, key=str) for each in places.values() if len(each) > 1)
    return [(first, second) for first, second, *_ in alike]


def _simple(value: Any) -> Any:
    return int(value) if hasattr(value, "as_integer_ratio") and value == int(value) else value


def gaps(entries: Iterable[dict[str, Any]], due: Iterable[Place]) -> list[str]:
    """The places, `due` or found, that do not have at least one start, exactly one completion and no error."""
    phases: dict[Place, Counter[str]] = {place: Counter() for place in due}
    for entry in entries:
        phases.setdefault((entry["step"], entry.get("chunk")), Counter())[entry["phase"]] += 1
    return [
        f"{step}{'' if chunk is None else f' chunk {chunk}'}: {dict(found) or 'nothing'}"
        for (step, chunk), found in phases.items()
        if not found["start"] or found["completion"] != 1 or found["error"]
    ]
