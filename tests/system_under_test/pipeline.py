"""The pipeline in one process: the handlers of its functions, called with the events that the state machine sends."""

from __future__ import annotations

import importlib
import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3

from local_aws import LocalAws

BUCKET = "uploads"
HEADER = "ユーザーID,ログイン回数,投稿回数"
KEYS = {
    "audit-logs": ("execution_id", "timestamp"),
    "batch-jobs": ("job_id", "created_at"),
    "job-locks": ("lock_key",),
    "processing-metadata": ("file_id", "processing_stage"),
}
SPLITTER_STEPS = ("csv-validation", "csv-split")
SETTINGS = {
    "PROJECT_NAME": "csv-parallel-processing",
    "ENVIRONMENT": "dev",
    "REGION": "ap-northeast-1",
    "SYSTEM_VERSION": "1.0.0",
    "POWERTOOLS_SERVICE_NAME": "csv-parallel-processing",
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "POWERTOOLS_METRICS_NAMESPACE": "csv-parallel-processing",
    "CHUNK_SIZE": "10",
    "MAX_PARALLEL_WORKERS": "5",
    "MAX_RETRY_ATTEMPTS": "3",
    "VALIDATION_TIMEOUT_SECONDS": "120",
    "ERROR_TOLERANCE_PERCENT": "5",
    "S3_BUCKET_NAME": BUCKET,
    "AUDIT_LOG_TABLE_NAME": "audit-logs",
    "BATCH_JOBS_TABLE_NAME": "batch-jobs",
    "JOB_LOCKS_TABLE_NAME": "job-locks",
    "PROCESSING_METADATA_TABLE_NAME": "processing-metadata",
    "AURORA_ENDPOINT": "127.0.0.1:5432",
    "AURORA_DATABASE_NAME": "csvbatch",
    "AURORA_SECRET_ARN": "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:aurora",
}
Upload = dict[str, str]


def client_of(aws: LocalAws, service: str) -> Any:
    """A client that looks at the embedded AWS alone."""
    return boto3.client(
        service,  # type: ignore[call-overload]  # any service
        endpoint_url=aws.endpoint_url,
        region_name=aws.region,
        aws_access_key_id=aws.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws.environment["AWS_SECRET_ACCESS_KEY"],
    )


@dataclass(frozen=True)
class Run:
    """An execution that steps are called for."""

    name: str = field(default_factory=lambda: str(uuid4()))
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def arn(self) -> str:
        """Its name everywhere else."""
        return f"arn:aws:states:ap-northeast-1:123456789012:execution:csv:{self.name}"


@dataclass(frozen=True)
class Context:
    """What Lambda tells a handler about its invocation."""

    function_name: str
    aws_request_id: str
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:ap-northeast-1:123456789012:function:csv"


class Pipeline:
    """Both functions, and what they work on."""

    def __init__(self, aws: LocalAws) -> None:
        """Make bucket and tables, and load the handlers, whose environment must be there by now."""
        self.s3, self.dynamodb = client_of(aws, "s3"), client_of(aws, "dynamodb")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": aws.region})
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        for table, keys in KEYS.items():
            self.dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
            )
        self._splitter: Any = importlib.import_module("splitter")
        self._processor: Any = importlib.import_module("processor")
        self.services = self._processor.services
        self._numbers = itertools.count(1)

    @staticmethod
    def settings(aws: LocalAws) -> dict[str, str]:
        """The functions' settings, with the credentials of the database in Secrets Manager."""
        database = urlsplit(aws.database_url)
        secret = json.dumps({"username": database.username, "password": database.password})
        made = client_of(aws, "secretsmanager").create_secret(Name="aurora", SecretString=secret)
        endpoint = f"{database.hostname}:{database.port}"
        return {**SETTINGS, "AURORA_ENDPOINT": endpoint, "AURORA_SECRET_ARN": made["ARN"]}

    def upload(self, records: Iterable[str], *, header: str = HEADER, key: str | None = None) -> Upload:
        """Put a file with these records, and return its version as events name it."""
        body = "".join(f"{line}\n" for line in (header, *records))
        return self.upload_bytes(body.encode(), key=key)

    def upload_bytes(self, body: bytes, *, key: str | None = None) -> Upload:
        """Put a file of exactly these bytes."""
        key = key or f"incoming/{next(self._numbers)}.csv"
        version = self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)["VersionId"]
        return {"bucket": BUCKET, "key": key, "version_id": version}

    def step(self, event_type: str, upload: Upload, run: Run, attempt: int = 0, **more: Any) -> dict[str, Any]:
        """Invoke the function of one step."""
        function = "splitter" if event_type in SPLITTER_STEPS else "processor"
        module = self._splitter if function == "splitter" else self._processor
        event = {
            "event_type": event_type,
            "execution": {"id": run.arn, "name": run.name, "started": run.started.isoformat()},
            "object": upload,
            "attempt": attempt,
            **more,
        }
        answer: dict[str, Any] = module.handler(json.loads(json.dumps(event)), Context(f"csv-{function}", str(uuid4())))
        return answer

    def plan(self, upload: Upload, run: Run) -> list[int]:
        """Validate and split, and return the chunks."""
        records = self.step("csv-validation", upload, run)["records_total"]
        chunks: list[int] = self.step("csv-split", upload, run, records_total=records)["chunks"]
        return chunks

    def merge(self, upload: Upload, run: Run) -> dict[str, Any]:
        """All chunks and the merge; returns the totals."""
        records = self.step("csv-validation", upload, run)["records_total"]
        for chunk in self.step("csv-split", upload, run, records_total=records)["chunks"]:
            self.step("csv-chunk-processing", upload, run, chunk=chunk)
        return self.step("csv-merge", upload, run, records_total=records)

    def run(self, upload: Upload, run: Run | None = None) -> dict[str, Any]:
        """The whole way, and what the last step answers."""
        run = run or Run()
        return self.step("batch-status-update", upload, run, totals=self.merge(upload, run))

    def result(self, upload: Upload, name: str) -> str:
        """A file among the results of this version."""
        stored = self.s3.get_object(Bucket=BUCKET, Key=f"results/{upload['version_id']}/{name}")
        text: str = stored["Body"].read().decode()
        return text

    def items(self, table: str, **key: str) -> list[dict[str, str]]:
        """The items of one partition, as plain text."""
        ((name, value),) = key.items()
        answer = self.dynamodb.query(
            TableName=table,
            KeyConditionExpression="#key = :key",
            ExpressionAttributeNames={"#key": name},
            ExpressionAttributeValues={":key": {"S": value}},
        )
        return [{name: next(iter(typed.values())) for name, typed in item.items()} for item in answer["Items"]]
