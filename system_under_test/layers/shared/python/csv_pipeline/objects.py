"""Reads one version of an S3 object as a stream of blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from csv_pipeline.errors import ObjectGoneError
from csv_pipeline.events import S3Object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BLOCK_BYTES = 1024 * 1024
# S3 responds with 405 for a delete marker, and with 404 for a permanently deleted version.
_GONE = frozenset({"NoSuchVersion", "NoSuchKey", "NoSuchBucket", "MethodNotAllowed", "404", "405"})


def open_version(
    s3: S3Client, version: S3Object, first_byte: int = 0, end_byte: int | None = None
) -> tuple[int, Iterator[bytes]]:
    """Return the length and the blocks of a version, or of its bytes from `first_byte` up to, excluding, `end_byte`.

    Raises ObjectGoneError if the version was deleted.
    """
    part: dict[str, Any] = {} if end_byte is None else {"Range": f"bytes={first_byte}-{end_byte - 1}"}
    try:
        answer = s3.get_object(Bucket=version.bucket, Key=version.key, VersionId=version.version_id, **part)
    except ClientError as refused:
        if refused.response["Error"]["Code"] not in _GONE:
            raise
        raise ObjectGoneError(
            f"version {version.version_id} of s3://{version.bucket}/{version.key} no longer exists; "
            "upload the file again, and it is processed as a new version"
        ) from refused
    return answer["ContentLength"], answer["Body"].iter_chunks(BLOCK_BYTES)
