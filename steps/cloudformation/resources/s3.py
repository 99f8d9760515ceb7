"""S3's buckets, with their settings."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from steps.cloudformation.declared import Clients, Declared, Properties
from steps.cloudformation.resources.api import call, get, omit, rename
from steps.cloudformation.resources.resource_type import Identity, ResourceType
from steps.drivers.partition import partition_of

_SETTINGS = {
    "BucketEncryption": "put_bucket_encryption",
    "LifecycleConfiguration": "put_bucket_lifecycle_configuration",
    "NotificationConfiguration": "put_bucket_notification_configuration",
    "PublicAccessBlockConfiguration": "put_public_access_block",
    "VersioningConfiguration": "put_bucket_versioning",
}


_DEFAULT_ENCRYPTION = {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"}
"""CloudFormation's name -> the API's."""
_NOT_SET = {
    "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchTagSet",
    "ServerSideEncryptionConfigurationNotFoundError",
}


def create_bucket(aws: Clients, p: Properties) -> Identity:
    s3, name = aws("s3"), p["BucketName"]
    region = s3.meta.region_name
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)
    settings = omit(p, "BucketName", "Tags", "NotificationConfiguration")
    if "Tags" in p:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": p["Tags"]})
    if "NotificationConfiguration" in p:
        settings["NotificationConfiguration"] = _convert_notification(p["NotificationConfiguration"])
    for setting, value in settings.items():
        if setting not in _SETTINGS:
            raise ValueError(f"{setting} of a bucket is not among {', '.join(_SETTINGS)}")
        call(s3, _SETTINGS[setting], {"Bucket": name, **_to_api(setting, value)})
    return Identity(name, {"Arn": f"arn:{partition_of(region)}:s3:::{name}"})


def _to_api(setting: str, p: Properties) -> Properties:
    """Convert a setting to the API's argument for it, by name."""
    if setting == "LifecycleConfiguration":
        return {setting: {"Rules": [_convert_rule(rule) for rule in p["Rules"]]}}
    if setting == "BucketEncryption":
        rules = [rename(rule, **_DEFAULT_ENCRYPTION) for rule in p["ServerSideEncryptionConfiguration"]]
        return {"ServerSideEncryptionConfiguration": {"Rules": rules}}
    return {setting: p}


def _convert_rule(p: Properties) -> Properties:
    """Convert a lifecycle's rule to the API's form, in which days and prefix stand deeper."""
    rule = rename(omit(p, "ExpirationInDays", "Prefix"), Id="ID") | {"Filter": {"Prefix": p.get("Prefix", "")}}
    return rule | ({"Expiration": {"Days": int(p["ExpirationInDays"])}} if "ExpirationInDays" in p else {})


def _convert_rule_back(rule: Properties) -> Properties:
    p = rename(omit(rule, "Expiration", "Filter"), ID="Id")
    days, prefix = rule.get("Expiration", {}).get("Days"), rule.get("Filter", {}).get("Prefix")
    return p | {"ExpirationInDays": days, "Prefix": prefix or None}


def _convert_notification(p: Properties) -> Properties:
    """Convert to the API's form, where EventBridge is enabled by the mere presence of EventBridgeConfiguration."""
    on = p.get("EventBridgeConfiguration", {"EventBridgeEnabled": False}).get("EventBridgeEnabled", True)
    wanted: Properties = {"EventBridgeConfiguration": {}} if str(on).lower() == "true" else {}
    return omit(p, "EventBridgeConfiguration") | wanted


def read_bucket(aws: Clients, declared: Declared) -> Properties:
    s3, name = aws("s3"), declared.ref
    notification = get(s3, "get_bucket_notification_configuration", Bucket=name)
    is_on = notification["EventBridgeConfiguration"] is not None
    public_access = "PublicAccessBlockConfiguration"
    return {
        "BucketName": name,
        "VersioningConfiguration": get(s3, "get_bucket_versioning", Bucket=name),
        "NotificationConfiguration": notification | {"EventBridgeConfiguration": {"EventBridgeEnabled": is_on}},
        public_access: _get_if_set(s3, "get_public_access_block", public_access, name),
        "Tags": _get_if_set(s3, "get_bucket_tagging", "TagSet", name),
        # Read only where they are declared, since each wants a permission of its own.
        **{setting: read(s3, name) for setting, read in _READ.items() if setting in declared.properties},
    }


def _read_lifecycle(s3: Any, bucket: str) -> Properties | None:
    rules = _get_if_set(s3, "get_bucket_lifecycle_configuration", "Rules", bucket)
    return rules and {"Rules": [_convert_rule_back(rule) for rule in rules]}


def _read_encryption(s3: Any, bucket: str) -> Properties | None:
    found = _get_if_set(s3, "get_bucket_encryption", "ServerSideEncryptionConfiguration", bucket)
    back = {api: ours for ours, api in _DEFAULT_ENCRYPTION.items()}
    return found and {"ServerSideEncryptionConfiguration": [rename(rule, **back) for rule in found["Rules"]]}


def _get_if_set(s3: Any, operation: str, key: str, bucket: str) -> Any:
    try:
        return getattr(s3, operation)(Bucket=bucket)[key]
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOT_SET:
            return None
        raise


_READ = {"LifecycleConfiguration": _read_lifecycle, "BucketEncryption": _read_encryption}

TYPES = [
    ResourceType(
        "AWS::S3::Bucket",
        create_bucket,
        read_bucket,
        ref="{BucketName}",
        attributes={"Arn": "arn:{partition}:s3:::{BucketName}"},
    )
]
