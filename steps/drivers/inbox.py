"""The inbox: the bucket's folder that files of activity are delivered to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from steps.drivers.absence import unless_absent

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Upload:
    """One version of one object, and when S3 took it (epoch milliseconds)."""

    bucket: str
    key: str
    version_id: str
    size: int
    etag: str
    at: int

    @property
    def file_id(self) -> str:
        """The name of this version in processing-metadata and job-locks."""
        return f"{self.bucket}/{self.key}#{self.version_id}"


class NotThere(Exception):
    """The bucket holds no such object, or no such version of it."""


class Inbox:
    """S3, and nothing of CSV."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def deliver(self, name: str, content: bytes, folder: str = "incoming") -> Upload:
        """Uploads `content` under `folder` by one put; the version tells this upload from every other one."""
        return self.put(f"{folder}/{name}", content)

    def put(self, key: str, content: bytes) -> Upload:
        """Uploads `content` under any key at all."""
        return self.found(key, self._s3.put_object(Bucket=self._bucket, Key=key, Body=content)["VersionId"])

    def found(self, key: str, version_id: str | None = None) -> Upload:
        """The version that the bucket holds under `key`: this one, or the newest; raises NotThere."""
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
        """The bytes that the bucket holds of this very version, if it does."""
        where: Any = {"Bucket": upload.bucket, "Key": upload.key, "VersionId": upload.version_id}
        answer = unless_absent(lambda: self._s3.get_object(**where))
        return answer and answer["Body"].read()

    def result(self, upload: Upload, name: str) -> bytes:
        """The bytes of results/{version}/`name`: what the pipeline wrote about this version."""
        return self._s3.get_object(Bucket=self._bucket, Key=f"results/{upload.version_id}/{name}")["Body"].read()

    def results(self, upload: Upload) -> dict[str, bytes]:
        """All that the pipeline wrote about this version, by name."""
        prefix = f"results/{upload.version_id}/"
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        names = [found["Key"].removeprefix(prefix) for page in pages for found in page.get("Contents", ())]
        return {name: self.result(upload, name) for name in names}

    def delete(self, upload: Upload) -> None:
        """Deletes this very version for good."""
        self._s3.delete_object(Bucket=upload.bucket, Key=upload.key, VersionId=upload.version_id)
