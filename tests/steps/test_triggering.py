"""What is wrong with a rule: with its target, and with what its pattern matches."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from local_aws.events.pattern import matches
from steps import triggering
from steps.drivers.inbox import Upload
from steps.drivers.s3_event import object_created
from steps.drivers.trigger import Rule

MACHINE = "arn:aws:states:ap-northeast-1:123456789012:stateMachine:csv"
TOPIC = "arn:aws:sns:ap-northeast-1:123456789012:topic"
TARGET = {"Id": "one", "Arn": MACHINE, "RoleArn": "arn:aws:iam::123456789012:role/rule"}
TRANSFORMER = {"InputTemplate": '"any"'}


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        ([TARGET], []),
        ([TARGET | {"InputPath": "$"}], []),
        ([], [("rule-target-wrong", "upload has the state machine as target 0 times")]),
        ([TARGET, TARGET], [("rule-target-wrong", "upload has the state machine as target 2 times")]),
        ([TARGET, TARGET | {"Id": "two", "Arn": TOPIC}], [("rule-target-wrong", f"upload starts {TOPIC}")]),
        ([TARGET | {"RoleArn": None}], [("rule-target-wrong", "target one of upload has no role")]),
        (
            [TARGET | {"InputPath": "$.detail"}],
            [("event-contract-broken", 'target one of upload replaces the event by InputPath "$.detail"')],
        ),
        (
            [TARGET | {"Input": "{}"}],
            [("event-contract-broken", 'target one of upload replaces the event by Input "{}"')],
        ),
        (
            [TARGET | {"InputTransformer": TRANSFORMER}],
            [
                (
                    "event-contract-broken",
                    r'target one of upload replaces the event by InputTransformer {"InputTemplate": "\"any\""}',
                )
            ],
        ),
    ],
)
def test_a_target_other_than_the_state_machine_with_the_event_as_it_is(targets: list[dict], says: list):
    assert triggering.target(Rule("upload", True, "{}", tuple(targets)), MACHINE) == says


OUTSIDE, OUTPUT = "an object outside incoming/ is matched", "the pipeline's own output is matched"
UPLOAD = Upload("our-bucket", "incoming/users.csv", "v1", 1352, "0" * 32, 0)
EVENT = object_created(UPLOAD, account="123456789012", region="ap-northeast-1")
KEY, SIZE = [{"wildcard": "incoming/*.csv"}], [{"numeric": ["<=", 104_857_600]}]


def pattern(key: Any = KEY, size: Any = SIZE, bucket: Any = ("our-bucket",), **changes: Any) -> dict[str, Any]:
    """The rule's pattern but for these parts; None takes one away."""
    found = {name: part for name, part in (("key", key), ("size", size)) if part}
    detail = {"object": found} | ({"bucket": {"name": list(bucket)}} if bucket else {})
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
        (pattern(key=[{"wildcard": "incomming/*.csv"}]), [UNMATCHED] * 2),
        (pattern(source=["aws.s3.another"]), [UNMATCHED] * 2),
    ],
)
def test_an_upload_that_starts_nothing_and_others_that_start_something(rule: dict, says: list[str]):
    deviations = triggering.pattern(partial(matches, rule), EVENT)
    assert [each.text.partition(": ")[0] for each in deviations] == says
    assert {each.diagnosis for each in deviations} <= {"rule-pattern-wrong"}


def test_an_event_that_is_not_matched_as_it_has_to_be_is_shown():
    def small_ones(event: Mapping[str, Any]) -> bool:
        return matches(pattern(), event) and event["detail"]["object"]["size"] < 1000

    first, *_ = triggering.pattern(small_ones, EVENT)
    assert first.text.endswith(": Object Created of s3://our-bucket/incoming/users.csv, 1352 bytes")
