"""An object created in S3 starts the executions whose rules its event matches, by itself, and nothing else does."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

import pytest

from local_aws import LocalAws
from tests.local_aws.conftest import ACCOUNT, REGION
from tests.local_aws.helpers import eventually, unique

ClientOf = Callable[[str], Any]
PASS = json.dumps({"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}})


@dataclass(frozen=True)
class Inbox:
    """A bucket whose events start executions of a machine that does nothing."""

    client: ClientOf
    bucket: str
    machine: str

    def put(self, key: str, body: bytes = b"content", **more: Any) -> dict[str, Any]:
        return dict(self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body, **more))

    def executions(self) -> list[dict[str, Any]]:
        """Oldest first, each with its input parsed."""
        states = self.client("stepfunctions")
        listed = states.list_executions(stateMachineArn=self.machine)["executions"]
        described = [states.describe_execution(executionArn=each["executionArn"]) for each in listed]
        return [
            {"name": each["name"], "input": json.loads(each["input"])}
            for each in sorted(described, key=lambda each: each["startDate"])
        ]

    def started(self, count: int) -> list[dict[str, Any]]:
        """All executions, once there are as many, and there are no more."""
        eventually(lambda: len(self.executions()) >= count, f"{count} executions")
        found = self.executions()
        assert len(found) == count
        return found

    def keys_after_the_last(self, last: str) -> list[str]:
        """The keys that started executions, up to `last`, which does: deliveries are in order."""
        self.put(last)
        keys = eventually(
            lambda: [key for key in [self._keys()] if last in key],
            f"the execution for {last}",
        )
        return keys[0]

    def _keys(self) -> list[str]:
        return [each["input"]["detail"]["object"]["key"] for each in self.executions()]


@pytest.fixture
def inbox(client: ClientOf, role: str) -> Iterator[Inbox]:
    bucket, rule = unique("inbox"), unique("rule")
    s3, events = client("s3"), client("events")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    machine = client("stepfunctions").create_state_machine(name=unique("machine"), definition=PASS, roleArn=role)
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"wildcard": "in/*"}]}},
    }
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": machine["stateMachineArn"], "RoleArn": role}])
    yield Inbox(client, bucket, machine["stateMachineArn"])
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
    url = client("s3").generate_presigned_url("put_object", {"Bucket": inbox.bucket, "Key": "in/signed"})
    with urlopen(Request(url, b"content", method="PUT")):
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


def test_a_disabled_rule_starts_nothing(inbox: Inbox, client: ClientOf) -> None:
    events = client("events")
    (rule,) = events.list_rule_names_by_target(TargetArn=inbox.machine)["RuleNames"]
    events.disable_rule(Name=rule)
    inbox.put("in/unheard")
    # Deliveries are in order: when another rule's execution is there, this one's would be too.
    other, machine = unique("other"), inbox.machine
    events.put_rule(Name=other, EventPattern=json.dumps({"detail": {"object": {"key": ["last"]}}}))
    role = events.list_targets_by_rule(Rule=rule)["Targets"][0]["RoleArn"]
    events.put_targets(Rule=other, Targets=[{"Id": "1", "Arn": machine, "RoleArn": role}])
    assert inbox.keys_after_the_last("last") == ["last"]
    events.remove_targets(Rule=other, Ids=["1"])
    events.delete_rule(Name=other)


def test_two_rules_start_two_executions_each_with_its_input(inbox: Inbox, client: ClientOf, role: str) -> None:
    events, rule = client("events"), unique("second")
    events.put_rule(Name=rule, EventPattern=json.dumps({"detail": {"bucket": {"name": [inbox.bucket]}}}))
    template = '{"key": <key>, "said": "<key> of <bucket>", "rule": "<aws.events.rule-name>"}'
    transformer = {
        "InputPathsMap": {"key": "$.detail.object.key", "bucket": "$.detail.bucket.name"},
        "InputTemplate": template,
    }
    targets = [
        {"Id": "1", "Arn": inbox.machine, "RoleArn": role, "InputTransformer": transformer},
        {"Id": "2", "Arn": inbox.machine, "RoleArn": role, "InputPath": "$.detail.object"},
        {"Id": "3", "Arn": inbox.machine, "RoleArn": role, "Input": '{"fixed": 1}'},
    ]
    events.put_targets(Rule=rule, Targets=targets)
    inbox.put('in/"quoted"')
    inputs = [execution["input"] for execution in inbox.started(4)]
    expected = {"key": 'in/"quoted"', "said": f'in/"quoted" of {inbox.bucket}', "rule": rule}
    assert expected in inputs
    assert {"fixed": 1} in inputs
    assert any(each.get("key") == 'in/"quoted"' and "sequencer" in each for each in inputs)
    events.remove_targets(Rule=rule, Ids=["1", "2", "3"])
    events.delete_rule(Name=rule)


def test_an_event_put_by_hand_reaches_a_function(
    client: ClientOf, deploy: Callable[..., Any], inbox: Inbox, role: str
) -> None:
    events, rule, source = client("events"), unique("by-hand"), unique("source")
    function = deploy(
        "import boto3, json\n"
        "def handler(event, context):\n"
        f"    boto3.client('s3').put_object(Bucket='{inbox.bucket}', Key='in/by-function',\n"
        "                                  Body=json.dumps(event['detail']).encode())\n"
    )
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [source]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": function.arn}])
    events.put_events(Entries=[{"Source": source, "DetailType": "Any", "Detail": '{"a": 1}'}])
    inbox.started(1)
    stored = client("s3").get_object(Bucket=inbox.bucket, Key="in/by-function")["Body"].read()
    assert json.loads(stored) == {"a": 1}


def test_a_pattern_that_aws_refuses_is_refused(client: ClientOf) -> None:
    both = {"detail": {"object": {"key": [{"prefix": "in/", "suffix": ".csv"}]}}}
    with pytest.raises(client("events").exceptions.InvalidEventPatternException, match="only one key"):
        client("events").put_rule(Name=unique("rule"), EventPattern=json.dumps(both))


def test_a_delivery_that_fails_is_in_the_log(inbox: Inbox, client: ClientOf, role: str, aws: LocalAws) -> None:
    events, rule = client("events"), unique("broken")
    gone = inbox.machine + "-gone"
    events.put_rule(Name=rule, EventPattern=json.dumps({"detail": {"bucket": {"name": [inbox.bucket]}}}))
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": gone, "RoleArn": role}])
    inbox.put("in/one")
    inbox.started(1)
    expected = f"FailedInvocations: rule {rule}, target {gone}: "
    eventually(lambda: expected in aws.log.read_text(), f"the log to say {expected}")
    events.remove_targets(Rule=rule, Ids=["1"])
    events.delete_rule(Name=rule)
