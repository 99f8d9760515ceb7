"""An AWS for this machine alone: moto for state, Lambda functions that run, events that are delivered, PostgreSQL."""

from local_aws.process import LocalAws, LocalAwsError, Starting

__all__ = ["LocalAws", "LocalAwsError", "Starting"]
