"""AWS's partitions: the beginning of their ARNs, and the domains of their services and consoles, by region."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from botocore.loaders import create_loader

_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-eusc": "console.amazonaws-eusc.eu",
}


@cache
def _partitions() -> dict[str, dict[str, Any]]:
    """botocore's description of each partition, by the partition's id."""
    return {each["id"]: each for each in create_loader().load_data("partitions")["partitions"]}


@cache
def _partition(region: str) -> tuple[str, str]:
    """(id, domain of the services) of the region's partition, as botocore knows it; those of aws if it does not."""
    known = _partitions()
    found = next((each for each in known.values() if re.match(each["regionRegex"], region)), known["aws"])
    return found["id"], found["outputs"]["dnsSuffix"]


def partition_of(region: str) -> str:
    """The partition of a region, such as aws-cn of cn-north-1."""
    return _partition(region)[0]


def url_suffix(region: str) -> str:
    """The domain of the services' endpoints in a region, such as amazonaws.com.cn in China."""
    return _partition(region)[1]


def aws_domains() -> tuple[str, ...]:
    """The domains of the services' endpoints in all partitions, each with a dot before it."""
    outputs = [each["outputs"] for each in _partitions().values()]
    return tuple(f".{each[suffix]}" for each in outputs for suffix in ("dnsSuffix", "dualStackDnsSuffix"))


def console_domain(region: str) -> str:
    """The domain of the console for a region, such as console.amazonaws.cn in China."""
    return _CONSOLES.get(partition_of(region), _CONSOLES["aws"])
