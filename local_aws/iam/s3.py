"""The IAM actions and resources of S3 operations; action names often differ from operation names.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree

from local_aws.iam.operations import Operation
from local_aws.partition import partition_of

_ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
_OF_VERSIONS = {
    "DeleteObject": "DeleteObjectVersion",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObject": "GetObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "GetObjectAttributes": "GetObjectVersionAttributes",
    "GetObjectTagging": "GetObjectVersionTagging",
    "GetObjectTorrent": "GetObjectVersionTorrent",
    "PutObjectAcl": "PutObjectVersionAcl",
    "PutObjectTagging": "PutObjectVersionTagging",
}
_BESIDE_PUT = {"x-amz-tagging": "PutObjectTagging", "x-amz-acl": "PutObjectAcl"}


def demanded(operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield the actions that an operation requires, without `s3:`, each with the ARN of its resource."""
    name, said = operation.name, operation.parameters
    bucket, key = said.get("Bucket"), said.get("Key")
    if bucket is None:
        yield _ACTIONS.get(name, name), "*"
    elif name == "DeleteObjects":
        yield from _deleted(operation, bucket)
    else:
        action = _ACTIONS.get(name, name)
        resource = _arn(operation, f"{bucket}/{key}" if key else bucket)
        yield _of(action, said.get("VersionId")), resource
        if action == "GetObjectAttributes":
            yield _of("GetObject", said.get("VersionId")), resource
        if action == "PutObject":
            headers = operation.request.headers
            yield from ((more, resource) for header, more in _BESIDE_PUT.items() if header in headers)
            yield from _copied(operation)


def to_tell_it_is_gone(operation: Operation) -> tuple[str, str] | None:
    """The action and ARN that a caller needs to get 404 instead of 403 for a missing object or version.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    if operation.name not in ("GetObject", "HeadObject", "GetObjectAttributes", "CopyObject"):
        return None
    said = operation.parameters
    bucket, version = said["Bucket"], said.get("VersionId")
    if operation.name == "CopyObject":
        bucket, _, version = _source(operation.request.headers["x-amz-copy-source"])
    return "ListBucketVersions" if version else "ListBucket", _arn(operation, bucket)


def context(operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield S3's condition keys and values, one per query parameter and `x-amz-` header, named after it."""
    for name, value in operation.request.args.items():
        yield f"s3:{name.lower()}", value
    for name, value in operation.request.headers.items():
        if name.lower().startswith("x-amz-"):
            yield f"s3:{name.lower()}", value


def _of(action: str, version: str | None) -> str:
    return _OF_VERSIONS.get(action, action) if version else action


def _arn(operation: Operation, resource: str) -> str:
    return f"arn:{partition_of(operation.region)}:s3:::{resource}"


def _copied(operation: Operation) -> Iterator[tuple[str, str]]:
    if (source := operation.request.headers.get("x-amz-copy-source")) is not None:
        bucket, key, version = _source(source)
        yield _of("GetObject", version), _arn(operation, f"{bucket}/{key}")


def _source(header: str) -> tuple[str, str, str | None]:
    path, _, query = header.partition("?")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    return bucket, key, parse_qs(query).get("versionId", [None])[0]


def _deleted(operation: Operation, bucket: str) -> Iterator[tuple[str, str]]:
    for each in ElementTree.fromstring(operation.request.get_data()).iterfind("{*}Object"):
        action = _of("DeleteObject", each.findtext("{*}VersionId"))
        yield action, _arn(operation, f"{bucket}/{each.findtext('{*}Key')}")
