"""An object created in S3 starts the executions whose rules its event matches, by itself, and nothing else does."""

from typing import Any
from urllib.request import Request, urlopen

from tests.local_aws.conftest import ACCOUNT, REGION
from tests.local_aws.inbox import ClientOf, Inbox


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
