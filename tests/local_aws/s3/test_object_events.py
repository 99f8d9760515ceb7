"""Operations on objects in S3 start the executions whose rules their events match, by themselves."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.local_aws.conftest import ACCOUNT, REGION
from tests.local_aws.helpers import unique
from tests.local_aws.inbox import ClientOf, Inbox

Others = Callable[[int], list[tuple[str, dict[str, Any]]]]


@pytest.fixture
def others(inbox: Inbox, client: ClientOf, role: str) -> Iterator[Others]:
    """Returns type and detail of `count` events other than those of new objects, in their order."""
    events, rule = client("events"), unique("others")
    pattern = {"detail-type": [{"anything-but": "Object Created"}], "detail": {"bucket": {"name": [inbox.bucket]}}}
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": inbox.machine, "RoleArn": role}])
    yield lambda count: [(each["input"]["detail-type"], each["input"]["detail"]) for each in inbox.started(count)]
    events.remove_targets(Rule=rule, Ids=["1"])
    events.delete_rule(Name=rule)


def test_the_event_is_as_aws_shapes_it(inbox: Inbox) -> None:
    key = "in/日本 1+1%20.csv"
    put = inbox.put(key, b"four")
    (execution,) = inbox.started(1)
    event = execution["input"]
    detail = event.pop("detail")
    assert execution["name"].startswith(event.pop("id") + "_")
    assert len(event.pop("time")) == len("2025-01-01T00:00:00Z")
    assert event == {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": ACCOUNT,
        "region": REGION,
        "resources": [f"arn:aws:s3:::{inbox.bucket}"],
    }
    assert detail["object"].pop("sequencer")
    assert detail.pop("request-id")
    assert detail == {
        "version": "0",
        "bucket": {"name": inbox.bucket},
        "object": {"key": key, "size": 4, "etag": put["ETag"].strip('"'), "version-id": put["VersionId"]},
        "requester": ACCOUNT,
        "source-ip-address": "127.0.0.1",
        "reason": "PutObject",
    }


def test_each_version_has_its_event_in_order(inbox: Inbox) -> None:
    versions = [inbox.put("in/one", str(number).encode())["VersionId"] for number in range(5)]
    events = [execution["input"] for execution in inbox.started(5)]
    objects = sorted((event["detail"]["object"] for event in events), key=lambda each: each["sequencer"])
    assert [each["version-id"] for each in objects] == versions


def test_a_key_that_does_not_match_starts_nothing(inbox: Inbox) -> None:
    for key in ("out/a", "in", "xin/a"):
        inbox.put(key)
    assert inbox.keys_after_the_last("in/last") == ["in/last"]


def test_tags_acls_parts_and_reading_start_nothing(inbox: Inbox, client: ClientOf) -> None:
    s3 = client("s3")
    inbox.put("in/first")
    inbox.started(1)
    where = {"Bucket": inbox.bucket, "Key": "in/first"}
    s3.put_object_tagging(**where, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.put_object_acl(**where, ACL="private")
    s3.get_object(**where)
    upload = s3.create_multipart_upload(Bucket=inbox.bucket, Key="in/parts")["UploadId"]
    s3.upload_part(Bucket=inbox.bucket, Key="in/parts", UploadId=upload, PartNumber=1, Body=b"part")
    s3.delete_object(**where)
    assert inbox.keys_after_the_last("in/last") == ["in/first", "in/last"]


def test_a_multipart_upload_is_told_when_it_is_complete(inbox: Inbox, client: ClientOf) -> None:
    s3, where = client("s3"), {"Bucket": inbox.bucket, "Key": "in/large"}
    upload = s3.create_multipart_upload(**where)["UploadId"]
    parts = [b"x" * 5 * 1024 * 1024, b"the rest"]
    etags = [
        s3.upload_part(**where, UploadId=upload, PartNumber=number, Body=part)["ETag"]
        for number, part in enumerate(parts, 1)
    ]
    listed = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
    done = s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": listed})
    (execution,) = inbox.started(1)
    detail = execution["input"]["detail"]
    assert detail["reason"] == "CompleteMultipartUpload"
    assert detail["object"]["size"] == 5 * 1024 * 1024 + 8
    assert detail["object"]["etag"] == done["ETag"].strip('"')


def test_a_copy_is_told(inbox: Inbox, client: ClientOf) -> None:
    inbox.put("elsewhere", b"12345")
    client("s3").copy_object(
        Bucket=inbox.bucket, Key="in/copy", CopySource={"Bucket": inbox.bucket, "Key": "elsewhere"}
    )
    (execution,) = inbox.started(1)
    assert execution["input"]["detail"]["reason"] == "CopyObject"
    assert execution["input"]["detail"]["object"]["size"] == 5


def test_a_form_upload_is_told(inbox: Inbox, client: ClientOf) -> None:
    form = client("s3").generate_presigned_post(inbox.bucket, "in/form")
    fields = "".join(
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form["fields"].items()
    )
    file = '--edge\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncontent\r\n--edge--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    with urlopen(Request(form["url"], (fields + file).encode(), headers)):
        pass
    (execution,) = inbox.started(1)
    assert execution["input"]["detail"]["reason"] == "POST Object"
    assert execution["input"]["detail"]["object"]["key"] == "in/form"


def test_a_presigned_upload_is_told(inbox: Inbox, client: ClientOf) -> None:
    what = {"Bucket": inbox.bucket, "Key": "in/signed", "ContentType": "text/csv"}
    url = client("s3").generate_presigned_url("put_object", what)
    with urlopen(Request(url, b"content", {"Content-Type": what["ContentType"]}, method="PUT")):
        pass
    inbox.started(1)


def test_a_bucket_without_event_bridge_is_silent(inbox: Inbox, client: ClientOf) -> None:
    s3 = client("s3")
    notification: dict[str, Any] = {"EventBridgeConfiguration": {}}
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=inbox.bucket)
    s3.put_bucket_notification_configuration(Bucket=inbox.bucket, NotificationConfiguration={})
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=inbox.bucket)
    inbox.put("in/unheard")
    s3.put_bucket_notification_configuration(Bucket=inbox.bucket, NotificationConfiguration=notification)
    assert inbox.keys_after_the_last("in/last") == ["in/last"]


def test_deletions_are_told_one_by_one_and_of_nothing_that_is_absent(
    inbox: Inbox, client: ClientOf, others: Others
) -> None:
    s3, bucket = client("s3"), inbox.bucket
    versions = {key: inbox.put(key)["VersionId"] for key in ("a", "b")}
    marker = s3.delete_object(Bucket=bucket, Key="a")["VersionId"]
    s3.delete_object(Bucket=bucket, Key="a", VersionId=marker)
    s3.delete_object(Bucket=bucket, Key="a", VersionId=marker)
    asked: Any = [{"Key": "a", "VersionId": versions["a"]}, {"Key": "b"}]
    answered = s3.delete_objects(Bucket=bucket, Delete={"Objects": [*asked, {"Key": "b", "VersionId": "none"}]})
    markers = {each["Key"]: each["DeleteMarkerVersionId"] for each in answered["Deleted"] if "DeleteMarker" in each}
    told = [(each["deletion-type"], each["object"]["key"], each["object"]["version-id"]) for _, each in others(4)]
    assert sorted(told) == sorted(
        [
            ("Delete Marker Created", "a", marker),
            ("Permanently Deleted", "a", marker),
            ("Permanently Deleted", "a", versions["a"]),
            ("Delete Marker Created", "b", markers["b"]),
        ]
    )


def test_tags_and_acls_are_told_and_an_acl_that_changes_nothing_is_not(
    inbox: Inbox, client: ClientOf, others: Others
) -> None:
    s3, version = client("s3"), inbox.put("a")["VersionId"]
    where = {"Bucket": inbox.bucket, "Key": "a"}
    s3.put_object_acl(**where, ACL="private")
    s3.put_object_acl(**where, ACL="public-read")
    s3.put_object_tagging(**where, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.delete_object_tagging(**where)
    told = {kind: each["object"] for kind, each in others(3)}
    expected = {"key": "a", "etag": "9a0364b9e99bb480dd25e1f0284c8555", "version-id": version}
    assert told == dict.fromkeys(("Object ACL Updated", "Object Tags Added", "Object Tags Deleted"), expected)


def test_a_restore_is_told_at_its_beginning_and_its_end(inbox: Inbox, client: ClientOf, others: Others) -> None:
    inbox.put("cold", StorageClass="GLACIER")
    client("s3").restore_object(Bucket=inbox.bucket, Key="cold", RestoreRequest={"Days": 2})
    told = dict(others(2))
    began, ended = told["Object Restore Initiated"], told["Object Restore Completed"]
    assert began["source-storage-class"] == ended["source-storage-class"] == "GLACIER"
    assert began["object"] == ended["object"]
    assert sorted(began["object"]) == ["etag", "key", "size", "version-id"]
    assert ended["requester"] == "s3.amazonaws.com"
    assert ended["restore-expiry-time"] > f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
