"""Rules and targets: which rules deliver, what their targets receive, and what is refused or fails."""

import json

import pytest

from local_aws import LocalAws
from tests.local_aws.conftest import Deploy
from tests.local_aws.helpers import eventually, unique
from tests.local_aws.inbox import ClientOf, Inbox


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


def test_an_event_put_by_hand_reaches_a_function(client: ClientOf, deploy: Deploy, inbox: Inbox, role: str) -> None:
    events, rule, source = client("events"), unique("by-hand"), unique("source")
    function = deploy(
        "import boto3, json\n"
        "def handler(event, context):\n"
        f"    boto3.client('s3').put_object(Bucket='{inbox.bucket}', Key='in/by-function',\n"
        "                                  Body=json.dumps(event['detail']).encode())\n"
    )
    made = events.put_rule(Name=rule, EventPattern=json.dumps({"source": [source]}))
    client("lambda").add_permission(
        FunctionName=function.name,
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=made["RuleArn"],
    )
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
