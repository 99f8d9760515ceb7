"""The clients of a function, created once when it starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.session import get_session

from csv_pipeline.database import Database
from csv_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Services:
    """The settings and the clients of one function."""

    settings: Settings
    s3: S3Client
    dynamodb: DynamoDBClient
    database: Database


def start() -> Services:
    """Read the settings and create the clients, without any request; raises SettingsError."""
    settings = load_settings(os.environ)
    config = Config(
        region_name=settings.region,
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": settings.max_retry_attempts + 1},
    )
    # boto3 would add 0.1 s to each cold start for resources and transfer managers, which are not used here.
    session: Any = get_session()
    return Services(
        settings=settings,
        s3=session.create_client("s3", config=config),
        dynamodb=session.create_client("dynamodb", config=config),
        database=Database(settings, session.create_client("secretsmanager", config=config)),
    )
