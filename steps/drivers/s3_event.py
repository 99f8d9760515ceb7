"""The event by which S3 tells of an upload, made by hand for an execution that is started by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from steps.drivers.inbox import Upload


def object_created(upload: Upload, *, account: str, region: str) -> dict[str, Any]:
    """What EventBridge would have delivered of `upload`, field by field.

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
        "resources": [f"arn:aws:s3:::{upload.bucket}"],
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
