"""Regions of other partitions: their ARNs, and where their consoles are."""

from __future__ import annotations

import pytest

from steps.drivers import console
from steps.drivers.names import Names
from steps.drivers.partition import url_suffix


@pytest.mark.parametrize(
    ("region", "partition", "suffix", "page"),
    [
        ("ap-northeast-1", "aws", "amazonaws.com", "ap-northeast-1.console.aws.amazon.com"),
        ("cn-northwest-1", "aws-cn", "amazonaws.com.cn", "cn-northwest-1.console.amazonaws.cn"),
        ("us-gov-east-1", "aws-us-gov", "amazonaws.com", "us-gov-east-1.console.amazonaws-us-gov.com"),
        ("eusc-de-east-1", "aws-eusc", "amazonaws.eu", "eusc-de-east-1.console.amazonaws-eusc.eu"),
        ("xx-nowhere-1", "aws", "amazonaws.com", "xx-nowhere-1.console.aws.amazon.com"),
    ],
)
def test_arns_endpoints_and_pages_are_those_of_the_partition(region: str, partition: str, suffix: str, page: str):
    names = Names("123456789012", region)
    assert names.state_machine_arn.startswith(f"arn:{partition}:states:{region}:123456789012:stateMachine:")
    assert names.role_arn("any") == f"arn:{partition}:iam::123456789012:role/any"
    assert names.bucket_arn == f"arn:{partition}:s3:::{names.bucket}"
    assert url_suffix(region) == suffix
    assert console.function(region, "any").startswith(f"https://{page}/lambda/home?region={region}#")
