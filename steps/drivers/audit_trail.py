"""The audit trail: what the pipeline wrote down about itself in DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_plain = TypeDeserializer().deserialize


class AuditTrail:
    """DynamoDB's tables, read whole and consistently; numbers come as int."""

    def __init__(self, dynamodb: DynamoDBClient, *, audit_logs: str, batch_jobs: str) -> None:
        self._dynamodb, self._audit_logs, self._batch_jobs = dynamodb, audit_logs, batch_jobs

    def jobs(self, execution_name: str) -> list[dict[str, Any]]:
        """The batch jobs of an execution: one, where all is well."""
        return self._all(self._batch_jobs, "job_id", execution_name)

    def entries(self, execution_arn: str) -> list[dict[str, Any]]:
        """The audit entries of an execution, in order of time."""
        return self._all(self._audit_logs, "execution_id", execution_arn)

    def _all(self, table: str, key: str, value: str) -> list[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression="#key = :value",
            ExpressionAttributeNames={"#key": key},
            ExpressionAttributeValues={":value": {"S": value}},
            ConsistentRead=True,
        )
        return [{name: _simple(_plain(v)) for name, v in item.items()} for page in pages for item in page["Items"]]


def _simple(value: Any) -> Any:
    return int(value) if hasattr(value, "as_integer_ratio") and value == int(value) else value
