"""The S3 layer: sends an event for each object created in a bucket with EventBridge notifications enabled.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

import logging
import re
import threading
import time
import uuid
from collections.abc import Callable
from urllib.parse import unquote

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

from local_aws.eventbridge.bus import Arrival, new_event
from local_aws.http import Handler, scope_of, with_body
from local_aws.internal_client import Wire
from local_aws.partition import partition_of

_log = logging.getLogger(__name__)
_SUBRESOURCES = {"acl", "annotation", "encryption", "legal-hold", "partNumber", "renameObject", "restore", "retention"}
_SUBRESOURCES |= {"select", "tagging", "torrent"}
_EVENT_BRIDGE = re.compile(rb"<EventBridgeConfiguration\s*(/>|>.*?</EventBridgeConfiguration>)", re.DOTALL)
_NOTIFICATION = b"<NotificationConfiguration>%b<EventBridgeConfiguration/></NotificationConfiguration>"


class ObjectEvents:
    """Passes all requests on, stores which buckets send events, and sends an event once the object is stored."""

    def __init__(self, wire: Wire, account: str, take: Callable[[Arrival], None]) -> None:
        self._wire = wire
        self._account = account
        self._take = take
        self._buckets: set[str] = set()
        self._sequence_lock = threading.Lock()
        self._latest = 0

    def __call__(self, request: Request, inner: Handler) -> Response:
        """Answers `request`."""
        scope = scope_of(request)
        if (scope is not None and scope.service != "s3") or request.headers.get("X-Amz-Target"):
            return inner(request)
        bucket, _, key = request.path.removeprefix("/").partition("/")
        if not key and "notification" in request.args:
            return self._configuration(request, inner, bucket)
        reason = created_by(request.method, bool(key), request.args, request.headers.get("X-Amz-Copy-Source"))
        answer = inner(request)
        if reason and bucket in self._buckets and _succeeded(answer, reason):
            self._tell(request, answer, bucket, key or _form_key(request), reason)
        return answer

    def _configuration(self, request: Request, inner: Handler, bucket: str) -> Response:
        if request.method == "PUT":
            # Hide the EventBridge configuration from moto, which would deliver events too.
            rest, wanted = _EVENT_BRIDGE.subn(b"", request.get_data())
            answer = inner(with_body(request, rest))
            if answer.status_code < 300:
                (self._buckets.add if wanted else self._buckets.discard)(bucket)
            return answer
        answer = inner(request)
        if request.method == "GET" and answer.status_code < 300 and bucket in self._buckets:
            others = re.search(rb"<NotificationConfiguration[^>/]*>(.*)</", answer.get_data(), re.DOTALL)
            answer.set_data(_NOTIFICATION % (others[1] if others else b""))
        return answer

    def _tell(self, request: Request, answer: Response, bucket: str, key: str, reason: str) -> None:
        version = answer.headers.get("x-amz-version-id")
        query = {"versionId": version} if version else None
        region = self._wire.send("s3", self._wire.home, "HEAD", f"/{bucket}").headers["x-amz-bucket-region"]
        stored = self._wire.send("s3", region, "HEAD", f"/{bucket}/{key}", query=query)
        if stored.status_code != 200:
            _log.warning("no event for %s/%s: it cannot be looked at (%s)", bucket, key, stored.status)
            return
        created = {"key": key, "size": stored.content_length or 0, "etag": (stored.headers["ETag"]).strip('"')}
        if version and version != "null":
            created["version-id"] = version
        detail = {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {**created, "sequencer": self._sequencer()},
            "request-id": answer.headers.get("x-amz-request-id") or uuid.uuid4().hex[:16].upper(),
            "requester": self._account,
            "source-ip-address": request.remote_addr or "127.0.0.1",
            "reason": reason,
        }
        resources = [f"arn:{partition_of(region)}:s3:::{bucket}"]
        event = new_event(
            "aws.s3", "Object Created", detail, account=self._account, region=region, resources=resources, time=None
        )
        self._take(Arrival(event, "default", region))

    def _sequencer(self) -> str:
        """Returns a text that sorts in the order of the writes."""
        with self._sequence_lock:
            self._latest = max(self._latest + 1, time.time_ns())
            return f"{self._latest:016X}"


def created_by(method: str, has_key: bool, query: MultiDict[str, str], copy_source: str | None) -> str | None:
    """Returns the event's `reason` for a request that creates an object; None for any other request."""
    if method == "POST" and not has_key and "delete" not in query:
        return "POST Object"
    if method == "POST" and has_key and "uploadId" in query:
        return "CompleteMultipartUpload"
    if method == "PUT" and has_key and "uploadId" not in query and _SUBRESOURCES.isdisjoint(query):
        return "CopyObject" if copy_source else "PutObject"
    return None


def _succeeded(answer: Response, reason: str) -> bool:
    # S3 can report a failed copy or completion in the body of a response with status 200.
    late = reason in ("CopyObject", "CompleteMultipartUpload") and b"<Error>" in answer.get_data()
    return answer.status_code < 400 and not late


def _form_key(request: Request) -> str:
    """Returns the object key of an HTML form upload."""
    key = request.form.get("key", "")
    uploaded = request.files.get("file")
    return key.replace("${filename}", unquote((uploaded.filename if uploaded else None) or ""))
