"""URLs of the AWS console's pages for the resources that findings mention."""

from __future__ import annotations

from urllib.parse import quote

from steps.drivers.partition import console_domain


def _page(region: str, service: str, fragment: str) -> str:
    return f"https://{region}.{console_domain(region)}/{service}/home?region={region}#{fragment}"


def execution(arn: str) -> str:
    return _page(arn.split(":")[3], "states", f"/v2/executions/details/{arn}")


def log_group(region: str, group: str) -> str:
    escaped = quote(quote(group, safe=""), safe="").replace("%", "$")  # the console's own double encoding
    return _page(region, "cloudwatch", f"logsV2:log-groups/log-group/{escaped}")


def table(region: str, name: str) -> str:
    return _page(region, "dynamodbv2", f"item-explorer?table={quote(name)}")


def upload(region: str, bucket: str, key: str, version_id: str) -> str:
    parts = f"region={region}&bucketType=general&prefix={quote(key)}&versionId={quote(version_id)}"
    return f"https://{region}.{console_domain(region)}/s3/object/{bucket}?{parts}"


def function(region: str, name: str) -> str:
    return _page(region, "lambda", f"/functions/{name}")
