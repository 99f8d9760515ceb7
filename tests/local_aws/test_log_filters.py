"""Filter patterns beyond the recorded cases, through FilterLogEvents."""

import time
from typing import Any

import pytest

from tests.local_aws.helpers import unique


@pytest.mark.parametrize(
    ("pattern", "message", "is_found"),
    [
        ('{ $.level = "ERROR" || ($.level = "WARN" && $.code > 4) }', '{"level": "WARN", "code": 5}', True),
        ('{ $.level = "ERROR" || ($.level = "WARN" && $.code > 4) }', '{"level": "WARN", "code": 4}', False),
        ("{ $.items[1].id = 7 }", '{"items": [{"id": 1}, {"id": 7}]}', True),
        ("ERROR ?WARN", "ERROR alone", True),
        ('"a \\"quoted\\" word"', 'with a "quoted" word', True),
        ("[..., last=9]", "1 2 9", True),
        ("[level, ...]", "", False),
    ],
)
def test_a_pattern_finds_a_message(client: Any, pattern: str, message: str, is_found: bool) -> None:
    logs, group = client("logs"), unique("group")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    event = {"timestamp": int(time.time() * 1000), "message": message or " "}
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])
    found = logs.filter_log_events(logGroupName=group, filterPattern=pattern)["events"]
    assert [each["message"] for each in found] == ([message] if is_found else [])


@pytest.mark.parametrize("pattern", ["{ $.level = }", "{ $.level IS MISSING }", "%[%"])
def test_a_malformed_pattern_is_refused(client: Any, pattern: str) -> None:
    logs, group = client("logs"), unique("group")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    event = {"timestamp": int(time.time() * 1000), "message": "{}"}
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])
    with pytest.raises(logs.exceptions.InvalidParameterException, match="Invalid filter pattern"):
        logs.filter_log_events(logGroupName=group, filterPattern=pattern)
