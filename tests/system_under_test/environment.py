"""The environment of the pipeline's functions: their variables, a bucket, four tables, a secret."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import boto3

from local_aws import LocalAws

BUCKET = "uploads"
KEYS = {
    "audit-logs": ("execution_id", "timestamp"),
    "batch-jobs": ("job_id", "created_at"),
    "job-locks": ("lock_key",),
    "processing-metadata": ("file_id", "processing_stage"),
}
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


def client_of(aws: LocalAws, service: str) -> Any:
    """A client that looks at the embedded AWS alone."""
    return boto3.client(
        service,  # type: ignore[call-overload]  # any service
        endpoint_url=aws.endpoint_url,
        region_name=aws.region,
        aws_access_key_id=aws.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws.environment["AWS_SECRET_ACCESS_KEY"],
    )


def function_settings(aws: LocalAws) -> dict[str, str]:
    """The functions' settings, with the credentials of the database in Secrets Manager."""
    database = urlsplit(aws.database_url)
    secret = json.dumps({"username": database.username, "password": database.password})
    made = client_of(aws, "secretsmanager").create_secret(Name="aurora", SecretString=secret)
    endpoint = f"{database.hostname}:{database.port}"
    return {**SETTINGS, "AURORA_ENDPOINT": endpoint, "AURORA_SECRET_ARN": made["ARN"]}


def make_bucket(s3: Any, region: str) -> None:
    """Make the bucket, which keeps versions."""
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})


def make_tables(dynamodb: Any) -> None:
    """Make the tables."""
    for table, keys in KEYS.items():
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[
                {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
        )


def drop_tables(dynamodb: Any) -> None:
    """Drop the tables with all that is in them."""
    for table in KEYS:
        dynamodb.delete_table(TableName=table)
