"""AWS's partitions, with which ARNs begin."""

from __future__ import annotations

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}
"""By the beginning of their regions' names, as moto has them."""


def partition_of(region: str) -> str:
    """The partition of a region, such as aws-cn of cn-north-1."""
    return next((name for prefix, name in _PARTITIONS.items() if region.startswith(prefix)), "aws")
