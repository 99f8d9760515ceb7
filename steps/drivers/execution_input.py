"""An execution's input: the paths at which it names the uploaded object, and an input for a manual start."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import Any
from uuid import uuid4

from steps.drivers.jsonpath import at, placed
from steps.drivers.partition import partition_of
from steps.drivers.s3 import Upload


@dataclass(frozen=True)
class ObjectPaths:
    """The JSONPaths at which an execution's input names the object; by default those of the S3 event itself."""

    bucket: str = "$.detail.bucket.name"
    key: str = "$.detail.object.key"
    version_id: str = "$.detail.object.version-id"

    def named_in(self, given: Any) -> tuple[Any, ...]:
        """(bucket, key, version) as named in the input `given`; None for each that is missing."""
        return tuple(at(given, path) for path in astuple(self))

    def lacking_in(self, given: Any, upload: Upload) -> list[str]:
        """The paths at which the input `given` does not hold the bucket, key or version of `upload`."""
        named = zip(astuple(self), self.named_in(given), _named(upload), strict=True)
        return [path for path, got, due in named if got != due]

    def input_for(self, upload: Upload, event: dict[str, Any]) -> dict[str, Any]:
        """The input of a manually started execution: the S3 `event`, if it names the upload at these paths.

        Otherwise the rule transforms the event, and the input is an object with only bucket, key and version.
        """
        if not self.lacking_in(event, upload):
            return event
        pairs = zip(astuple(self), _named(upload), strict=True)
        return reduce(lambda given, pair: placed(given, *pair), pairs, dict[str, Any]())


def _named(upload: Upload) -> tuple[str, str, str]:
    return upload.bucket, upload.key, upload.version_id


def object_created(upload: Upload, *, account: str, region: str) -> dict[str, Any]:
    """The event that EventBridge delivers for `upload`, with all its fields.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": account,
        "time": datetime.fromtimestamp(upload.at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [f"arn:{partition_of(region)}:s3:::{upload.bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": upload.bucket},
            "object": {
                "key": upload.key,
                "size": upload.size,
                "etag": upload.etag,
                "version-id": upload.version_id,
                "sequencer": f"{upload.at:018X}",
            },
            "request-id": uuid4().hex[:16].upper(),
            "requester": account,
            "source-ip-address": "127.0.0.1",
            "reason": "PutObject",
        },
    }
