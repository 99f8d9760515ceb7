"""Creates the bucket, the tables, the secret and the log groups."""

from __future__ import annotations

from steps.cloudformation.declared import Clients, Properties
from steps.cloudformation.resources.api import Made, call, given, tags_by_key, without


def bucket(aws: Clients, p: Properties) -> Made:
    s3, name = aws("s3"), p["BucketName"]
    region = s3.meta.region_name
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)
    settings = without(p, "BucketName", "Tags", "NotificationConfiguration")
    if "Tags" in p:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": p["Tags"]})
    if "NotificationConfiguration" in p:
        settings["NotificationConfiguration"] = _notification(p["NotificationConfiguration"])
    for setting, value in settings.items():
        if setting not in _BUCKET_SETTINGS:
            raise ValueError(f"{setting} of a bucket is not among {', '.join(_BUCKET_SETTINGS)}")
        call(s3, _BUCKET_SETTINGS[setting], {"Bucket": name, setting: value})
    return Made(name, {"Arn": f"arn:aws:s3:::{name}"})


_BUCKET_SETTINGS = {
    "NotificationConfiguration": "put_bucket_notification_configuration",
    "PublicAccessBlockConfiguration": "put_public_access_block",
    "VersioningConfiguration": "put_bucket_versioning",
}


def _notification(p: Properties) -> Properties:
    """Convert to the API's form, where EventBridge is enabled by the mere presence of EventBridgeConfiguration."""
    on = p.get("EventBridgeConfiguration", {"EventBridgeEnabled": False}).get("EventBridgeEnabled", True)
    wanted: Properties = {"EventBridgeConfiguration": {}} if str(on).lower() == "true" else {}
    return without(p, "EventBridgeConfiguration") | wanted


def table(aws: Clients, p: Properties) -> Made:
    dynamodb, name = aws("dynamodb"), p["TableName"]
    afterwards = "TimeToLiveSpecification", "PointInTimeRecoverySpecification"
    arn = call(dynamodb, "create_table", without(p, *afterwards))["TableDescription"]["TableArn"]
    for setting, operation in zip(afterwards, ("update_time_to_live", "update_continuous_backups"), strict=True):
        if setting in p:
            call(dynamodb, operation, {"TableName": name, **given(p, setting)})
    return Made(name, {"Arn": arn})


def secret(aws: Clients, p: Properties) -> Made:
    return Made(call(aws("secretsmanager"), "create_secret", p)["ARN"])


def log_group(aws: Clients, p: Properties) -> Made:
    logs, name = aws("logs"), p["LogGroupName"]
    names = {"LogGroupName": "logGroupName", "KmsKeyId": "kmsKeyId", "LogGroupClass": "logGroupClass"}
    arguments = {names.get(each, each): value for each, value in without(p, "RetentionInDays", "Tags").items()}
    call(logs, "create_log_group", arguments | ({"tags": tags_by_key(p)} if "Tags" in p else {}))
    if "RetentionInDays" in p:
        call(logs, "put_retention_policy", {"logGroupName": name, "retentionInDays": p["RetentionInDays"]})
    return Made(name)
