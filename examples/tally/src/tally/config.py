"""The functions' configuration from environment variables, read once when a function starts."""

import os
from typing import NamedTuple

import boto3


class ConfigurationError(Exception):
    """Environment variables are missing; the message names all of them."""


class Config(NamedTuple):
    """Each field is the environment variable of its name in capitals."""

    environment: str
    region: str
    s3_bucket_name: str
    audit_log_table_name: str
    batch_jobs_table_name: str
    job_locks_table_name: str
    processing_metadata_table_name: str
    aurora_endpoint: str
    aurora_database_name: str
    aurora_secret_arn: str
    chunk_size: str
    max_parallel_workers: str
    error_tolerance_percent: str


def _read() -> Config:
    told = {field: os.environ.get(field.upper(), "") for field in Config._fields}
    if missing := [field.upper() for field, value in told.items() if not value]:
        raise ConfigurationError(f"missing environment variables: {', '.join(missing)}")
    return Config(**told)


config = _read()
s3 = boto3.client("s3", region_name=config.region)
dynamodb = boto3.client("dynamodb", region_name=config.region)
secrets = boto3.client("secretsmanager", region_name=config.region)
