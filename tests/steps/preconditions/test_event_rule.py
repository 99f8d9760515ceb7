"""Deviations of a rule: of its target, and of the events that its pattern matches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from local_aws.eventbridge.pattern import matches
from steps.drivers.event_rule import Rule
from steps.drivers.execution_input import ObjectPaths, object_created
from steps.drivers.s3 import Upload
from steps.preconditions import event_rule
from steps.suite.deviation import Deviation

MACHINE = "arn:aws:states:ap-northeast-1:123456789012:stateMachine:csv"
TOPIC = "arn:aws:sns:ap-northeast-1:123456789012:topic"
TARGET = {"Id": "one", "Arn": MACHINE, "RoleArn": "arn:aws:iam::123456789012:role/rule"}
UPLOAD = Upload("our-bucket", "incoming/users.csv", "v1", 1352, "0" * 32, 0)
EVENT = object_created(UPLOAD, account="123456789012", region="ap-northeast-1")
PATHS = ("$.detail.bucket.name", "$.detail.object.key", "$.detail.object.version-id")
OF_EVENT = ObjectPaths()
FLAT = ObjectPaths("$.bucket", "$.key", "$.version")
WHAT = {"bucket": "$.detail.bucket.name", "key": "$.detail.object.key", "version": "$.detail.object.version-id"}


def transformed(template: str, **paths: str) -> dict[str, Any]:
    return TARGET | {"InputTransformer": {"InputPathsMap": WHAT | paths, "InputTemplate": template}}


AS_TEXTS = transformed('{"bucket": "<bucket>", "key": "<key>", "version": "<version>"}')
AS_VALUES = transformed('{"bucket": <bucket>, "key": <key>, "version": <version>, "of": "<key> in <bucket>"}')


def deviations(targets: list[dict], paths: ObjectPaths = OF_EVENT) -> list[Deviation]:
    rule = Rule("upload", True, "{}", tuple(targets))
    return event_rule.target(rule, MACHINE, lambda given: paths.lacking_in(given, UPLOAD), EVENT)


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        ([TARGET], []),
        ([TARGET | {"InputPath": "$"}], []),
        ([TARGET | {"RetryPolicy": {"MaximumRetryAttempts": 10, "MaximumEventAgeInSeconds": 3600}}], []),
        (
            [TARGET | {"RetryPolicy": {"MaximumRetryAttempts": 0}}],
            ["target one of upload gives an upload up where Step Functions throttles it: {'MaximumRetryAttempts': 0}"],
        ),
        (
            [TARGET | {"RetryPolicy": {"MaximumEventAgeInSeconds": 60}}],
            [
                "target one of upload gives an upload up where Step Functions throttles it: "
                "{'MaximumEventAgeInSeconds': 60}"
            ],
        ),
        ([], ["upload has the state machine as target 0 times"]),
        ([TARGET, TARGET], ["upload has the state machine as target 2 times"]),
        ([TARGET, TARGET | {"Id": "two", "Arn": TOPIC}], [f"upload starts {TOPIC}"]),
        ([TARGET | {"RoleArn": None}], ["target one of upload has no role"]),
    ],
)
def test_a_target_other_than_the_state_machine_alone(targets: list[dict], says: list[str]):
    assert deviations(targets) == [("rule-target-wrong", text) for text in says]


@pytest.mark.parametrize(
    ("target", "paths"),
    [
        (TARGET, ObjectPaths()),
        (TARGET | {"InputPath": "$.detail"}, ObjectPaths("$.bucket.name", "$.object.key", "$.object['version-id']")),
        (AS_TEXTS, FLAT),
        (AS_VALUES, FLAT),
        (transformed('{"event": <aws.events.event.json>}'), ObjectPaths(*("$.event" + each[1:] for each in PATHS))),
        (TARGET | {"Input": json.dumps({"bucket": UPLOAD.bucket, "key": UPLOAD.key, "version": "v1"})}, FLAT),
    ],
)
def test_an_input_that_names_the_object_where_the_state_machine_reads_it(target: dict, paths: ObjectPaths):
    assert deviations([target], paths) == []


ALL, ALL_FLAT = f"the object's {', '.join(PATHS)}", "the object's $.bucket, $.key, $.version"


@pytest.mark.parametrize(
    ("target", "paths", "says"),
    [
        (
            TARGET | {"InputPath": "$.detail"},
            OF_EVENT,
            f'replaces the event by InputPath "$.detail", which lacks {ALL}',
        ),
        (
            TARGET | {"Input": "{}"},
            OF_EVENT,
            f'replaces the event by Input "{{}}", which lacks {ALL}',
        ),
        (TARGET | {"Input": "{"}, OF_EVENT, 'replaces the event by Input "{", which makes no input: Expecting '),
        (AS_TEXTS, OF_EVENT, f"lacks {ALL}"),
        (TARGET, FLAT, f"hands on the event as it is, which lacks {ALL_FLAT}"),
        (transformed('{"bucket": <bucket>, "key": <key>}'), FLAT, "lacks the object's $.version"),
        (transformed('{"bucket": <bucket>, "key": <key>, "version": <versoin>}'), FLAT, "lacks the object's $.version"),
        (transformed('{"bucket": <bucket>, "key": "x/<key>", "version": <version>}'), FLAT, "lacks the object's $.key"),
        (
            transformed(AS_VALUES["InputTransformer"]["InputTemplate"], key="$.detail.key"),
            FLAT,
            "lacks the object's $.key",
        ),
        (transformed("<key>"), FLAT, f"lacks {ALL_FLAT}"),
        (transformed("{<key>}"), FLAT, "makes no input: "),
        (transformed("<key>", key="detail.key"), FLAT, "makes no input: is no path of names"),
    ],
)
def test_an_input_that_does_not_is_a_broken_contract(target: dict, paths: ObjectPaths, says: str):
    ((diagnosis, text),) = deviations([target], paths)
    assert diagnosis == "event-contract-broken"
    assert text.startswith("target one of upload ")
    assert says in text


OUTSIDE, OUTPUT = "an object outside incoming/ is matched", "the pipeline's own output is matched"
KEY, SIZE = [{"wildcard": "incoming/*.csv"}], [{"numeric": ["<=", 104_857_600]}]


def pattern(
    key: Any = KEY, size: Any = SIZE, bucket: Any = ("our-bucket",), reason: Any = None, **changes: Any
) -> dict[str, Any]:
    """The rule's pattern but for these parts; None takes one away."""
    found = {name: part for name, part in (("key", key), ("size", size)) if part}
    detail = {"object": found} | ({"bucket": {"name": list(bucket)}} if bucket else {})
    detail |= {"reason": reason} if reason else {}
    whole = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail} | changes
    return {name: part for name, part in whole.items() if part is not None}


UNMATCHED = "an upload that has to start an execution is not matched"


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (pattern(), []),
        (pattern(key=[{"prefix": "incoming/"}]), ["an object that is no .csv is matched"]),
        (pattern(key=[{"suffix": ".csv"}]), [OUTSIDE, OUTPUT]),
        (pattern(key=[*KEY, {"wildcard": "results/*/rejected.csv"}]), [OUTPUT]),
        (
            pattern(key=[{"prefix": "incoming/"}, {"suffix": ".csv"}]),
            [OUTSIDE, OUTPUT, "an object that is no .csv is matched"],
        ),
        (pattern(size=None), ["an object over 100 MB is matched"]),
        (pattern(size=[{"numeric": ["<", 104_857_600]}]), [UNMATCHED]),
        (pattern(bucket=None), ["an object of another bucket is matched"]),
        (pattern(**{"detail-type": None}), ["a deletion is matched"]),
        (pattern(source=None), ["an event of another source is matched"]),
        (pattern(key=[{"wildcard": "incomming/*.csv"}]), [UNMATCHED] * 2),
        (pattern(source=["aws.s3.another"]), [UNMATCHED] * 2),
        (pattern(reason=["PutObject", "CopyObject", "CompleteMultipartUpload"]), [UNMATCHED]),
    ],
)
def test_an_upload_that_starts_nothing_and_others_that_start_something(rule: dict, says: list[str]):
    deviations = list(event_rule.pattern(partial(matches, rule), EVENT))
    assert [each.text.partition(": ")[0] for each in deviations] == says
    assert {each.diagnosis for each in deviations} <= {"rule-pattern-wrong"}


def test_an_event_that_is_not_matched_as_it_has_to_be_is_shown():
    def small_ones(event: Mapping[str, Any]) -> bool:
        return matches(pattern(), event) and event["detail"]["object"]["size"] < 1000

    first, *_ = event_rule.pattern(small_ones, EVENT)
    assert first.text.endswith(": Object Created (PutObject) of s3://our-bucket/incoming/users.csv, 1352 bytes")


READS = {
    "StartAt": "Take",
    "States": {
        "Take": {
            "Parameters": {"key.$": "$.key", "id.$": "$$.Execution.Id", "at.$": "$$.Execution.Input.at['upload']"}
        },
        "Weigh": {"Choices": [{"Variable": "$.size.bytes", "NumericEquals": 0}]},
        "Name": {"Parameters": {"name.$": "States.Format('{}-{}', $.owner, $.key)"}},
        "Ask": {"QueryLanguage": "JSONata", "Arguments": {"team": "{% $states.input.team %}", "all": "$"}},
    },
}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"key": "k"}, []),
        ({"key": "k", "unread": 1, "Id": "i"}, []),
        ({"size": {"bytes": 1, "unread": 1}}, ["$.size.bytes"]),
        ({"size": 1}, ["$.size"]),
        ({"at": {"upload": {"day": 1}}, "owner": "o"}, ["$.at.upload.day", "$.owner"]),
        ({"team": ["a", "b"]}, ["$.team"]),
        ("a text", []),
    ],
)
def test_what_the_state_machine_reads_and_the_rule_alone_hands_on(given: dict, says: list[str]):
    assert event_rule.only_handed_on(given, {"key": "any"}, READS) == says


def test_what_the_rule_hands_on_to_the_state_machine_and_no_other():
    rule = Rule("upload", True, "{}", (TARGET, AS_TEXTS, TARGET | {"Arn": TOPIC}, TARGET | {"Input": "no JSON"}))
    event, texts = event_rule.handed_on(rule, MACHINE, EVENT)
    assert (event, set(texts)) == (EVENT, {"bucket", "key", "version"})
