"""The inbox: the bucket's folder that files of activity are delivered to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Upload:
    """One version of one object, and when S3 took it (epoch milliseconds)."""

    bucket: str
    key: str
    version_id: str
    size: int
    at: int


class Inbox:
    """S3, and nothing of CSV."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def deliver(self, file: Path, folder: str = "incoming") -> Upload:
        """Uploads `file` under `folder` by one put; the version tells this upload from every other one."""
        key, body = f"{folder}/{file.name}", file.read_bytes()
        version = self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)["VersionId"]
        head = self._s3.head_object(Bucket=self._bucket, Key=key, VersionId=version)
        at = int(head["LastModified"].timestamp() * 1000)
        return Upload(self._bucket, key, version, head["ContentLength"], at)

    def content(self, upload: Upload) -> bytes:
        """The bytes that the bucket holds of this very version."""
        return self._s3.get_object(Bucket=upload.bucket, Key=upload.key, VersionId=upload.version_id)["Body"].read()
