"""The environment variables of both functions, typed and checked once, when the function starts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from aws_lambda_powertools.utilities.parser import BaseModel, ValidationError, parse
from pydantic import ConfigDict, Field, StringConstraints

from csv_pipeline.errors import SettingsError

Text = Annotated[str, StringConstraints(min_length=1)]
DynamoDBTable = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_.-]{3,255}$")]


class Settings(BaseModel):
    """The configuration of both functions; each field is the environment variable of its name in capitals."""

    model_config = ConfigDict(frozen=True, alias_generator=str.upper, extra="ignore")

    project_name: Text
    environment: Text
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d$")]
    system_version: Text
    powertools_service_name: Text
    powertools_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
    powertools_metrics_namespace: Text
    chunk_size: int = Field(ge=1)
    max_parallel_workers: int = Field(ge=1, le=40)
    max_retry_attempts: int = Field(ge=1, le=10)
    validation_timeout_seconds: int = Field(ge=1, le=900)
    error_tolerance_percent: Decimal = Field(ge=0, le=100, allow_inf_nan=False)
    s3_bucket_name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    audit_log_table_name: DynamoDBTable
    batch_jobs_table_name: DynamoDBTable
    job_locks_table_name: DynamoDBTable
    processing_metadata_table_name: DynamoDBTable
    aurora_endpoint: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+(:\d{1,5})?$")]
    aurora_database_name: Text
    aurora_secret_arn: Annotated[str, StringConstraints(pattern=r"^arn:[\w-]+:secretsmanager:[\w-]+:\d+:secret:.+$")]

    @property
    def aurora_host(self) -> str:
        """The host of the Aurora endpoint, without its port."""
        return self.aurora_endpoint.partition(":")[0]

    @property
    def aurora_port(self) -> int:
        """The port of the Aurora endpoint; PostgreSQL's default 5432 unless given."""
        return int(self.aurora_endpoint.partition(":")[2] or 5432)


def load_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings from `environment`; raises a SettingsError that names all variables at fault, but no values."""
    try:
        return parse(event=dict(environment), model=Settings)
    except ValidationError as invalid:
        faults = "; ".join(
            f"{fault['loc'][0]}: {'missing' if fault['type'] == 'missing' else fault['msg']}"
            for fault in invalid.errors(include_input=False, include_url=False)
        )
        raise SettingsError(
            f"{invalid.error_count()} environment variables of the function are missing or malformed: {faults}. "
            "Put them right under Globals in template.yaml and deploy again."
        ) from None
