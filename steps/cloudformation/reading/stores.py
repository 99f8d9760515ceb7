"""Reads the bucket, the tables, the secret and the log groups."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from steps.cloudformation.declared import Clients, Declared, Properties
from steps.cloudformation.meaning import parsed, tags, upper_camel
from steps.cloudformation.reading.api import every, one


def bucket(aws: Clients, declared: Declared) -> Properties:
    s3, name = aws("s3"), declared.ref
    notification = one(s3, "get_bucket_notification_configuration", Bucket=name)
    switched_on = notification["EventBridgeConfiguration"] is not None
    return {
        "BucketName": name,
        "VersioningConfiguration": one(s3, "get_bucket_versioning", Bucket=name),
        "NotificationConfiguration": notification | {"EventBridgeConfiguration": {"EventBridgeEnabled": switched_on}},
        "PublicAccessBlockConfiguration": _if_set(
            s3, "get_public_access_block", "PublicAccessBlockConfiguration", name
        ),
        "Tags": _if_set(s3, "get_bucket_tagging", "TagSet", name),
    }


def _if_set(s3: Any, operation: str, key: str, bucket: str) -> Any:
    try:
        return getattr(s3, operation)(Bucket=bucket)[key]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchPublicAccessBlockConfiguration", "NoSuchTagSet"):
            return None
        raise


def table(aws: Clients, declared: Declared) -> Properties:
    dynamodb, name = aws("dynamodb"), declared.ref
    described = one(dynamodb, "describe_table", "Table", TableName=name)
    ttl = one(dynamodb, "describe_time_to_live", "TimeToLiveDescription", TableName=name)
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    return described | {
        "BillingMode": (described["BillingModeSummary"] or {}).get("BillingMode", "PROVISIONED"),
        "TableClass": (described["TableClassSummary"] or {}).get("TableClass", "STANDARD"),
        "TimeToLiveSpecification": {
            "AttributeName": ttl["AttributeName"],
            "Enabled": ttl["TimeToLiveStatus"] in ("ENABLED", "ENABLING"),
        },
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": recovery == "ENABLED"},
        "Tags": every(dynamodb, "list_tags_of_resource", "Tags", ResourceArn=described["TableArn"]),
    }


def secret(aws: Clients, declared: Declared) -> Properties | None:
    secrets = aws("secretsmanager")
    described = one(secrets, "describe_secret", SecretId=declared.ref)
    if described["DeletedDate"]:
        return None
    value = one(secrets, "get_secret_value", SecretId=declared.ref)
    return described | {"SecretString": parsed(value["SecretString"])}


def log_group(aws: Clients, declared: Declared) -> Properties | None:
    logs, name = aws("logs"), declared.ref
    for group in every(logs, "describe_log_groups", "logGroups", logGroupNamePrefix=name):
        if group["logGroupName"] == name:
            arn = group["arn"].removesuffix(":*")
            return {**upper_camel(group), "Tags": tags(logs.list_tags_for_resource(resourceArn=arn)["tags"])}
    return None
