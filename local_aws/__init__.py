"""The embedded AWS: moto for the state, real Lambda processes, event delivery and PostgreSQL, on the loopback only."""

from local_aws.process import LocalAws, LocalAwsError, Starting

__all__ = ["LocalAws", "LocalAwsError", "Starting"]
