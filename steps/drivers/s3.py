"""The bucket's settings as S3 describes them, and its objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from steps.drivers.absence import unless_absent

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

INBOX = "incoming/"
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@dataclass(frozen=True)
class Settings:
    """A bucket's settings; `tells_event_bridge` is true if it sends its events to EventBridge.

    unblocked: the settings of BLOCKS by which its public access is not blocked.
    upload_days: the days after which a lifecycle deletes an upload or a version of it; None if none does.
    """

    region: str
    keeps_versions: bool
    unblocked: tuple[str, ...]
    tells_event_bridge: bool
    upload_days: int | None = None


class Bucket:
    """Reads the settings of one bucket."""

    def __init__(self, s3: S3Client, name: str) -> None:
        self._s3, self.name = s3, name

    def found(self) -> Settings | None:
        """The bucket's settings, or None if it does not exist."""
        s3, name = self._s3, self.name
        if unless_absent(lambda: s3.head_bucket(Bucket=name)) is None:
            return None
        access = unless_absent(lambda: s3.get_public_access_block(Bucket=name))
        lifecycle = unless_absent(lambda: s3.get_bucket_lifecycle_configuration(Bucket=name))
        blocks = access["PublicAccessBlockConfiguration"] if access else {}
        return Settings(
            # S3 returns no location for us-east-1.
            region=s3.get_bucket_location(Bucket=name).get("LocationConstraint") or "us-east-1",
            keeps_versions=s3.get_bucket_versioning(Bucket=name).get("Status") == "Enabled",
            unblocked=tuple(each for each in BLOCKS if not blocks.get(each)),
            tells_event_bridge="EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=name),
            upload_days=min(filter(None, map(_upload_days, lifecycle["Rules"] if lifecycle else ())), default=None),
        )


def _upload_days(rule: Any) -> int | None:
    """The days after which an enabled rule deletes what is under incoming/, or earlier versions of it."""
    filter_ = rule.get("Filter", {})
    prefix = filter_.get("Prefix", filter_.get("And", {}).get("Prefix", rule.get("Prefix", "")))
    if rule["Status"] != "Enabled" or not (INBOX.startswith(prefix) or prefix.startswith(INBOX)):
        return None
    told = rule.get("Expiration", {}).get("Days"), rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")
    return min(filter(None, told), default=None)


@dataclass(frozen=True)
class Upload:
    """One version of one object; `at` is the time of the upload in epoch milliseconds."""

    bucket: str
    key: str
    version_id: str
    size: int
    etag: str
    at: int

    @property
    def file_id(self) -> str:
        """The key of this version in the tables processing-metadata and job-locks."""
        return f"{self.bucket}/{self.key}#{self.version_id}"


class NotThere(Exception):
    """The bucket does not hold the object, or not the requested version of it."""


class Inbox:
    """Uploads, reads and deletes objects of one bucket, whatever their content."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def deliver(self, name: str, content: bytes, folder: str = "incoming") -> Upload:
        """Upload `content` to `folder` with one PutObject; the version id identifies this upload."""
        return self.put(f"{folder}/{name}", content)

    def put(self, key: str, content: bytes) -> Upload:
        """Upload `content` under any key."""
        return self.found(key, self._s3.put_object(Bucket=self._bucket, Key=key, Body=content)["VersionId"])

    def found(self, key: str, version_id: str | None = None) -> Upload:
        """The given or else the newest version of the object at `key`. Raises NotThere."""
        version: Any = {} if version_id is None else {"VersionId": version_id}
        try:
            head = self._s3.head_object(Bucket=self._bucket, Key=key, **version)
        except ClientError as refused:
            if refused.response["ResponseMetadata"]["HTTPStatusCode"] not in (400, 404, 405):  # 405: a delete marker
                raise
            raise NotThere(f"s3://{self._bucket}/{key} has no such version: {version_id or 'none at all'}") from refused
        at = int(head["LastModified"].timestamp() * 1000)
        etag = head["ETag"].strip('"')
        return Upload(self._bucket, key, head["VersionId"], head["ContentLength"], etag, at)

    def content(self, upload: Upload) -> bytes | None:
        """The content of exactly this version, or None if the bucket does not hold it."""
        where: Any = {"Bucket": upload.bucket, "Key": upload.key, "VersionId": upload.version_id}
        answer = unless_absent(lambda: self._s3.get_object(**where))
        return answer and answer["Body"].read()

    def result(self, upload: Upload, name: str) -> bytes:
        """The content of results/{version}/`name`, which the pipeline wrote for this version."""
        return self._s3.get_object(Bucket=self._bucket, Key=f"results/{upload.version_id}/{name}")["Body"].read()

    def results(self, upload: Upload) -> dict[str, bytes]:
        """The contents of all results that the pipeline wrote for this version, by name."""
        prefix = f"results/{upload.version_id}/"
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        names = [found["Key"].removeprefix(prefix) for page in pages for found in page.get("Contents", ())]
        return {name: self.result(upload, name) for name in names}

    def delete(self, upload: Upload) -> None:
        """Delete exactly this version, permanently."""
        self._s3.delete_object(Bucket=upload.bucket, Key=upload.key, VersionId=upload.version_id)
