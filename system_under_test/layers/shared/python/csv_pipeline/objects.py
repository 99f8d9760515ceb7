"""Reading one version of an object in S3, as a stream of blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from csv_pipeline.errors import ObjectGoneError
from csv_pipeline.events import S3Object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BLOCK_BYTES = 1024 * 1024
# A delete marker answers 405, a version that was deleted for good 404.
_GONE = frozenset({"NoSuchVersion", "NoSuchKey", "NoSuchBucket", "MethodNotAllowed", "404", "405"})


def open_version(
    s3: S3Client, version: S3Object, first_byte: int = 0, end_byte: int | None = None
) -> tuple[int, Iterator[bytes]]:
    """The length and the blocks of a version, or of its bytes `first_byte` up to, not including, `end_byte`.

    Raises ObjectGoneError where the version was deleted.
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
