"""The S3 layer: sends the events of operations on objects in a bucket with EventBridge notifications enabled.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

import logging
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import unquote
from xml.etree import ElementTree

from werkzeug.wrappers import Request, Response

from local_aws.eventbridge.arrivals import Arrival, new_event
from local_aws.http import Handler, Scope, scope_of, with_body
from local_aws.iam.operations import Operation
from local_aws.internal_client import Wire
from local_aws.partition import partition_of

_log = logging.getLogger(__name__)
_EVENT_BRIDGE = re.compile(rb"<EventBridgeConfiguration\s*(/>|>.*?</EventBridgeConfiguration>)", re.DOTALL)
_NOTIFICATION = b"<NotificationConfiguration>%b<EventBridgeConfiguration/></NotificationConfiguration>"
_REASONS = {
    "PutObject": "PutObject",
    "CopyObject": "CopyObject",
    "CompleteMultipartUpload": "CompleteMultipartUpload",
    "PostObject": "POST Object",
}
"""The events' `reason`, by the operation that creates an object."""
_OF_METADATA = {
    "PutObjectTagging": "Object Tags Added",
    "DeleteObjectTagging": "Object Tags Deleted",
    "PutObjectAcl": "Object ACL Updated",
}
"""The events' type, by the operation that changes an object without creating one."""
_DELETIONS = ("DeleteObject", "DeleteObjects")
_RESTORED = re.compile(r'expiry-date="(.+?)"')
_WITH_EVENTS = {*_REASONS, *_OF_METADATA, *_DELETIONS, "RestoreObject"}


class _Version(NamedTuple):
    key: str
    id: str | None
    """None where the request names none, and in buckets without versions."""


class _Event(NamedTuple):
    kind: str
    members: dict[str, Any]
    """The members of `object` beside key and version id."""
    version: _Version
    more: dict[str, str]
    """The members of `detail` that not all events have; they override the others."""


class ObjectEvents:
    """Passes all requests on, stores which buckets send events, and sends the events of those that succeed."""

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
        name = _operation(request, scope, key) if bucket in self._buckets else ""
        if name not in _WITH_EVENTS:
            return inner(request)
        asked = _find_versions(request, name, key)
        before = self._look(name, bucket, asked)
        answer = inner(request)
        if answer.status_code < 300 and b"<Error>" not in answer.get_data():  # S3 also fails late, with status 200
            for event in self._events(name, bucket, asked, before, answer):
                self._send(request, answer, bucket, event)
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

    def _look(self, name: str, bucket: str, asked: list[_Version]) -> Any:
        """Returns what the operation can change and its events depend on: versions that exist, or an ACL."""
        if name in _DELETIONS:
            # HEAD of a delete marker answers 405
            return [each for each in asked if self._head(bucket, each).status_code in (200, 405)]
        return self._acl(bucket, asked[0]) if name == "PutObjectAcl" else None

    def _events(self, name: str, bucket: str, asked: list[_Version], before: Any, answer: Response) -> Iterator[_Event]:
        if name in _DELETIONS:
            markers = _delete_markers(answer, asked[0].key)
            for version in asked:
                if version.id is None and version.key in markers:
                    yield self._deletion(_Version(version.key, markers[version.key]), "Delete Marker Created")
                elif version in before:
                    yield self._deletion(version, "Permanently Deleted")
            return
        version = asked[0]._replace(id=_version_id(answer) or asked[0].id)
        stored = self._head(bucket, version)
        if stored.status_code != 200:
            _log.warning("no event for %s/%s: it cannot be looked at (%s)", bucket, version.key, stored.status)
            return
        version = version._replace(id=_version_id(stored))
        etag = {"etag": stored.headers["ETag"].strip('"')}
        content = {"size": stored.content_length or 0, **etag}
        if name in _REASONS:
            yield _Event("Object Created", {**content, **self._sequencer()}, version, {"reason": _REASONS[name]})
        elif name in _OF_METADATA:
            if name != "PutObjectAcl" or self._acl(bucket, asked[0]) != before:
                yield _Event(_OF_METADATA[name], etag, version, {})
        else:
            source = {"source-storage-class": stored.headers.get("x-amz-storage-class", "STANDARD")}
            yield _Event("Object Restore Initiated", content, version, source)
            if until := _RESTORED.search(stored.headers.get("x-amz-restore", "")):
                expiry = f"{parsedate_to_datetime(until[1]):%Y-%m-%dT%H:%M:%SZ}"
                more = {**source, "requester": "s3.amazonaws.com", "restore-expiry-time": expiry}
                yield _Event("Object Restore Completed", content, version, more)

    def _deletion(self, version: _Version, kind: str) -> _Event:
        more = {"reason": "DeleteObject", "deletion-type": kind}
        return _Event("Object Deleted", self._sequencer(), version, more)

    def _head(self, bucket: str, version: _Version) -> Response:
        query = {"versionId": version.id} if version.id else None
        return self._wire.send("s3", self._wire.home, "HEAD", f"/{bucket}/{version.key}", query=query)

    def _acl(self, bucket: str, version: _Version) -> bytes:
        query = {"acl": "", **({"versionId": version.id} if version.id else {})}
        return self._wire.send("s3", self._wire.home, "GET", f"/{bucket}/{version.key}", query=query).get_data()

    def _send(self, request: Request, answer: Response, bucket: str, event: _Event) -> None:
        region = self._wire.send("s3", self._wire.home, "HEAD", f"/{bucket}").headers["x-amz-bucket-region"]
        version = {"version-id": event.version.id} if event.version.id else {}
        detail = {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": event.version.key, **version, **event.members},
            "request-id": answer.headers.get("x-amz-request-id") or uuid.uuid4().hex[:16].upper(),
            "requester": self._account,
            "source-ip-address": request.remote_addr or "127.0.0.1",
            **event.more,
        }
        resources = [f"arn:{partition_of(region)}:s3:::{bucket}"]
        made = new_event(
            "aws.s3", event.kind, detail, account=self._account, region=region, resources=resources, time=None
        )
        self._take(Arrival(made, "default", region))

    def _sequencer(self) -> dict[str, str]:
        """Returns the member with a text that sorts in the order of the writes."""
        with self._sequence_lock:
            self._latest = max(self._latest + 1, time.time_ns())
            return {"sequencer": f"{self._latest:016X}"}


def _operation(request: Request, scope: Scope | None, key: str) -> str:
    if request.method == "POST" and not key and "delete" not in request.args:
        return "PostObject"  # a form, for which there is no operation in AWS's models
    return Operation(request, scope or Scope("", "", "s3")).name


def _find_versions(request: Request, name: str, key: str) -> list[_Version]:
    """Returns the keys, with the ids of versions, that a request names."""
    if name == "DeleteObjects":
        found = ElementTree.fromstring(request.get_data()).iterfind("{*}Object")
        return [_Version(each.findtext("{*}Key") or "", each.findtext("{*}VersionId")) for each in found]
    return [_Version(key or _form_key(request), request.args.get("versionId"))]


def _version_id(answer: Response) -> str | None:
    """Returns the id in a response; None in a bucket without versions, where moto answers `null`."""
    version = answer.headers.get("x-amz-version-id")
    return None if version == "null" else version


def _delete_markers(answer: Response, key: str) -> dict[str, str]:
    """Returns the ids of the delete markers that were created, by key; `key`: that of DeleteObject."""
    if not answer.get_data():
        created = answer.headers.get("x-amz-delete-marker") == "true"
        return {key: answer.headers["x-amz-version-id"]} if created else {}
    deleted = ElementTree.fromstring(answer.get_data()).iterfind("{*}Deleted")
    markers = ((each.findtext("{*}Key"), each.findtext("{*}DeleteMarkerVersionId")) for each in deleted)
    return {key: marker for key, marker in markers if key and marker}


def _form_key(request: Request) -> str:
    """Returns the object key of an HTML form upload."""
    key = request.form.get("key", "")
    uploaded = request.files.get("file")
    return key.replace("${filename}", unquote((uploaded.filename if uploaded else None) or ""))
