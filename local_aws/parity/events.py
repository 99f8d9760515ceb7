"""Ask the embedded AWS the cases of EventBridge and of S3's events."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

from botocore.exceptions import ClientError

from local_aws.eventbridge.inputs import target_input
from local_aws.internal_client import CallFailed
from local_aws.parity.account import ACCOUNT, PASS, REGION, Account, policy, refusal_of, unique, wait_for
from local_aws.parity.cases import Case

_RULE = {"Name": "a-rule", "Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/a-rule"}
_ABSENT_SECONDS = 3
"""The time after which an event counts as not received; a new function takes up to a second here."""


def pattern(case: Case, account: Account) -> tuple[Any, Any]:
    """Return AWS's and our answer to TestEventPattern, or to PutRule where the case has no event."""
    events = account.client("events")
    try:
        if "event" in case.given:
            answer = events.test_event_pattern(EventPattern=case["pattern"], Event=case["event"])
            return case["answer"], "match" if answer["Result"] else "no match"
        name = unique("rule")
        events.put_rule(Name=name, EventPattern=case["pattern"])
        events.delete_rule(Name=name)
    except ClientError as error:
        is_refusal = error.response["Error"]["Code"] == "InvalidEventPatternException"
        return case["answer"], "refused" if is_refusal else refusal_of(error)
    return case["answer"], "accepted"


def entry(case: Case, account: Account) -> tuple[Any, Any]:
    """Return AWS's and our answer to PutEvents with one entry; a detail `x*N` stands for N characters."""
    given = case.json("entry")
    if given.get("Detail", "").startswith("x*"):
        given["Detail"] = json.dumps({"x": "x" * int(given["Detail"][2:])})
    try:
        (answer,) = account.client("events").put_events(Entries=[given])["Entries"]
    except ClientError as error:
        return case["answer"], refusal_of(error)
    return case["answer"], "{ErrorCode}: {ErrorMessage}".format(**answer) if "ErrorCode" in answer else "accepted"


def targets(case: Case, account: Account) -> tuple[Any, Any]:
    """Return AWS's and our answer to PutTargets; an answer without a message is AWS's code alone."""
    arns = {
        "queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:q",
        "machine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:m",
    }
    given = [{**each, "Arn": arns[each["Arn"]]} for each in case.json("targets")]
    rule = unique("rule")
    account.client("events").put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
    try:
        account.client("events").put_targets(Rule=rule, Targets=given)
    except ClientError as error:
        got = refusal_of(error)
        return case["answer"], got if ": " in case["answer"] else got.partition(":")[0]
    return case["answer"], "accepted"


def received(case: Case, _: Account) -> tuple[Any, Any]:
    """Return the text that a target receives on AWS and here, parsed where it is JSON; `nothing` if not delivered."""
    event = {
        "version": "0",
        "id": "1",
        "detail-type": "a type",
        "source": "a source",
        "account": ACCOUNT,
        "time": "2026-01-02T03:04:05Z",
        "region": REGION,
        "resources": [],
        "detail": case.json("detail"),
    }
    try:
        got = target_input(case.json("target"), event, _RULE)
    except CallFailed:
        got = "nothing"
    return _parsed(case["received"]), _parsed(got)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def reach(case: Case, account: Account) -> tuple[Any, Any]:
    """Return whether a rule's target receives an event on AWS and here."""
    events, name = account.client("events"), unique("rule")
    rule = events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    target, look = _TARGETS[case["target"]](account, case["allowed"], rule)
    try:
        events.put_targets(Rule=name, Targets=[{"Id": "1", **target}])
        events.put_events(Entries=[{"Source": name, "DetailType": "t", "Detail": "{}"}])
        expects = case["answer"] == "received"
        got = "received" if wait_for(look, 5 if expects else _ABSENT_SECONDS) else "not received"
    except ClientError as error:
        got = refusal_of(error)
    return case["answer"], got


def _function(account: Account, allowed: str, rule: str) -> Any:
    made = account.make_function("def handler(event, context):\n    print('received')\n")
    name, group = made["FunctionName"], f"/aws/lambda/{made['FunctionName']}"
    sources = {"rule": rule, "another rule": f"{rule}-other", "s3": "arn:aws:s3:::bucket"}
    if allowed != "nobody":
        principal = "s3.amazonaws.com" if allowed == "s3" else "events.amazonaws.com"
        account.client("lambda").add_permission(
            FunctionName=name,
            StatementId="1",
            Action="lambda:InvokeFunction",
            Principal=principal,
            SourceArn=sources[allowed],
        )

    def look() -> Any:
        try:
            return account.client("logs").filter_log_events(logGroupName=group)["events"]
        except ClientError:
            return []

    return {"Arn": made["FunctionArn"]}, look


def _machine(account: Account, allowed: str, rule: str) -> Any:
    services = ["lambda.amazonaws.com" if allowed == "nobody" else "events.amazonaws.com"]
    role = account.make_role(services, "sqs:SendMessage" if allowed == "no action" else "states:StartExecution")
    machine = account.make_machine(PASS)
    look = lambda: account.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]  # noqa: E731
    return {"Arn": machine, "RoleArn": role}, look


def _allow_delivery(allowed: str, actions: list[str], arn: str) -> list[Any]:
    """The statement by which a target's own policy allows EventBridge to reach it; none where nobody is allowed."""
    service = {"Service": "events.amazonaws.com"}
    return [{"Effect": "Allow", "Principal": service, "Action": actions, "Resource": arn}] if allowed == "rule" else []


def _queue(account: Account, allowed: str, rule: str) -> Any:
    queue = account.client("sqs").create_queue(QueueName=unique("queue"))["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue.rpartition('/')[2]}"
    if statements := _allow_delivery(allowed, ["sqs:SendMessage"], arn):
        account.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(*statements)})
    return {"Arn": arn}, lambda: account.client("sqs").receive_message(QueueUrl=queue).get("Messages")


def _topic(account: Account, allowed: str, rule: str) -> Any:
    queue, look = _queue(account, allowed, rule)
    topic = account.client("sns").create_topic(Name=unique("topic"))["TopicArn"]
    account.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue["Arn"])
    if statements := _allow_delivery(allowed, ["sns:Publish"], topic):
        named = {"AttributeName": "Policy", "AttributeValue": policy(*statements)}
        account.client("sns").set_topic_attributes(TopicArn=topic, **named)
    return {"Arn": topic}, look


def _log_group(account: Account, allowed: str, rule: str) -> Any:
    group = f"/aws/events/{unique('group')}"
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    account.client("logs").create_log_group(logGroupName=group)
    if statements := _allow_delivery(allowed, ["logs:CreateLogStream", "logs:PutLogEvents"], f"{arn}:*"):
        account.client("logs").put_resource_policy(policyName=unique("policy"), policyDocument=policy(*statements))
    look = lambda: account.client("logs").filter_log_events(logGroupName=group)["events"]  # noqa: E731
    return {"Arn": arn}, look


def _bus(account: Account, allowed: str, rule: str) -> Any:
    bus = unique("bus")
    events = account.client("events")
    arn = events.create_event_bus(Name=bus)["EventBusArn"]
    machine, look = _machine(account, "rule", rule)
    role = account.make_role(["events.amazonaws.com"], "events:PutEvents" if allowed == "rule" else "s3:GetObject")
    events.put_rule(Name=bus, EventBusName=bus, EventPattern=json.dumps({"detail-type": ["t"]}))
    events.put_targets(Rule=bus, EventBusName=bus, Targets=[{"Id": "1", **machine}])
    return {"Arn": arn, "RoleArn": role}, look


_TARGETS = {
    "lambda": _function,
    "states": _machine,
    "sqs": _queue,
    "sns": _topic,
    "logs": _log_group,
    "events": _bus,
}


def object_events(case: Case, account: Account) -> tuple[Any, Any]:
    """Return the events of operations on an object on AWS and here: type, members of `object`, some values."""
    s3, events, bucket = account.client("s3"), account.client("events"), unique("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    machine = account.make_machine(PASS)
    events.put_rule(Name=bucket, EventPattern=json.dumps({"detail": {"bucket": {"name": [bucket]}}}))
    events.put_targets(Rule=bucket, Targets=[{"Id": "1", "Arn": machine, "RoleArn": account.role}])
    for operation in case.json("operations"):
        _OPERATIONS[operation](s3, bucket)
    wanted = case.json("events")
    states = account.client("stepfunctions")

    def started() -> list[Any]:
        return list(states.list_executions(stateMachineArn=machine)["executions"])

    wait_for(lambda: len(started()) >= len(wanted), 2)
    found = [json.loads(states.describe_execution(executionArn=each["executionArn"])["input"]) for each in started()]
    got = sorted((_outline(event) for event in found), key=lambda each: json.dumps(each, sort_keys=True))
    order = [{**each, "object": sorted(each["object"])} for each in wanted]
    return sorted(order, key=lambda each: json.dumps(each, sort_keys=True)), got


def _outline(event: Any) -> dict[str, Any]:
    detail = event["detail"]
    members = {name: detail["object"][name] for name in ("size", "etag") if "size" in detail["object"]}
    told = {name: detail[name] for name in ("reason", "deletion-type") if name in detail}
    return {"detail-type": event["detail-type"], "object": sorted(detail["object"]), **members, **told}


def _multipart(s3: Any, bucket: str) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="key")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="key", UploadId=upload, PartNumber=1, Body=b"data")
    parts = {"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="key", UploadId=upload, MultipartUpload=parts)


def _post(s3: Any, bucket: str) -> None:
    form = s3.generate_presigned_post(bucket, "key")
    fields = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form["fields"].items()
    )
    body = f'{fields}--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ndata\r\n--x--\r\n'
    urlopen(Request(form["url"], body.encode(), {"Content-Type": "multipart/form-data; boundary=x"})).close()


_OPERATIONS: dict[str, Callable[[Any, str], object]] = {
    "put": lambda s3, bucket: s3.put_object(Bucket=bucket, Key="key", Body=b"data"),
    "delete": lambda s3, bucket: s3.delete_object(Bucket=bucket, Key="key"),
    "copy": lambda s3, bucket: s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/key"),
    "version": lambda s3, bucket: s3.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    ),
    "multipart": _multipart,
    "post": _post,
    "tag": lambda s3, bucket: s3.put_object_tagging(
        Bucket=bucket, Key="key", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}
    ),
    "untag": lambda s3, bucket: s3.delete_object_tagging(Bucket=bucket, Key="key"),
    "acl": lambda s3, bucket: s3.put_object_acl(Bucket=bucket, Key="key", ACL="public-read"),
}
