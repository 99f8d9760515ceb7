"""The embedded AWS: moto for the state, real Lambda processes, event delivery and PostgreSQL, on the loopback only."""

from local_aws.lambda_.node import NoRuntime, node_runtime
from local_aws.process import LocalAws, LocalAwsError, Starting

__all__ = ["LocalAws", "LocalAwsError", "NoRuntime", "Starting", "node_runtime"]
